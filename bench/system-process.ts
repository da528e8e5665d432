/** The process of one system: its nodes, or its servers' parent, and its load. Ends with the bench that started it. */
import {unreachable} from '../src/base/errors.js';
import {crash} from './crash.js';
import type {ProcessAnswer, ProcessRequest} from './protocol.js';
import {soak} from './soak-load.js';
import {systemOf} from './systems/catalogue.js';
import type {Crashable, RunningSystem} from './systems/system.js';

const stopTimeoutMs = 5000;

let system: RunningSystem | undefined;

async function carryOut(request: ProcessRequest): Promise<ProcessAnswer> {
	switch (request.type) {
		case 'start':
			system = await systemOf(request.system).start(request.options);
			return {type: 'done'};
		case 'measure':
			return {type: 'measured', measurement: await started().measure(request.load)};
		case 'crash':
			return {type: 'crashed', timeline: await crash(crashable(), request.crash)};
		case 'soak':
			await soak(crashable(), request.soak, sample => answer({type: 'sample', sample}));
			return {type: 'done'};
		case 'stop':
			await system?.stop();
			return {type: 'done'};
		default:
			return unreachable(request);
	}
}

function started(): RunningSystem {
	if (system === undefined) throw new Error('a system is started before it is measured');
	return system;
}

function crashable(): Crashable {
	const found = started().crashable;
	if (found === undefined) throw new Error('this system has no leader that can be killed');
	return found;
}

const answer = (message: ProcessAnswer): void => void process.send?.(message);

process.on('message', (request: ProcessRequest) => {
	carryOut(request)
		.catch((error: unknown): ProcessAnswer => ({
			type: 'failed',
			message: error instanceof Error ? (error.stack ?? error.message) : String(error),
		}))
		.then(answer, () => undefined)
		.finally(() => {
			if (request.type === 'stop') process.exit();
		});
});
// The bench is gone, however it went: this process goes as well, and with it its servers and what they have written.
process.on('disconnect', () => {
	setTimeout(() => process.exit(), stopTimeoutMs);
	void Promise.resolve(system?.stop()).finally(() => process.exit());
});
// A terminal interrupts all processes of the run at once; the order is the bench's to give.
process.on('SIGINT', () => undefined);
