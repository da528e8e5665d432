/** The process of one row: it shares neither memory, descriptors nor crashes with the runner and the other rows. */
import {rows} from './catalogue.js';
import type {RowMessage, RowTask, RunnerMessage} from './protocol.js';
import {Trial} from './trial.js';

/** What hangs in a cleanup is ended by the runner; what is left open is ended here. */
const lingerMs = 2000;

const task = JSON.parse(process.argv[2] ?? '') as RowTask;
const row = rows.find(({name}) => name === task.name);
if (row === undefined) throw new TypeError(`there is no row "${task.name}"`);

const send = (message: RowMessage): void => void process.send?.(message);
const abort = new AbortController();
process.on('message', (message: RunnerMessage) => message === 'stop' && abort.abort());
// Nobody is left to tell: the runner was killed.
process.once('disconnect', () => abort.abort());

const trial = new Trial(task, abort.signal, (line, figures) => send({type: 'progress', line, figures}));
process.on('uncaughtException', error => {
	console.error(error);
	trial.find(`an exception that nobody caught: ${error.stack ?? error.message}`);
	abort.abort();
});
const missing = row.missing?.();
const result = await trial.judge(async () => (missing === undefined ? row.run(trial) : trial.skip(missing)));
send({type: 'result', result});
setTimeout(() => {
	console.error(`still open: ${process.getActiveResourcesInfo().join(', ')}`);
	process.exit(1);
}, lingerMs).unref();
process.disconnect?.();
