/** A real cluster on a real disk, watched by strace: what is behind the "OK" that a person sees. */
import path from 'node:path';
import {needing} from '../needs.js';
import {type TracedCall, parseTrace, pathOf, straceMissing, traceWords} from '../storage/system-calls/traced-calls.js';
import {launch, temporaryDirectory} from './cli-process.js';

const writes = 12;
/** Of a batch that holds one write; more than the whole. */
const dataBytes = 512;

/** The folders of the nodes in which this text was written to a file, and that file synced, before that moment. */
function durableNodes(calls: readonly TracedCall[], text: string, before: number): ReadonlySet<string> {
	const written = calls.filter(({name, args, ended}) => name === 'pwrite64' && args.includes(text) && ended < before);
	const durable = written.filter(write =>
		calls.some(
			sync =>
				/^f(?:data)?sync$/.test(sync.name) &&
				sync.result === 0 &&
				pathOf(sync) === pathOf(write) &&
				sync.began > write.ended &&
				sync.ended < before,
		),
	);
	return new Set(durable.map(write => path.dirname(pathOf(write))));
}

needing(straceMissing())(
	'a write that is answered is behind a sync on a majority of the nodes, as strace saw it',
	async t => {
		const folder = await temporaryDirectory(t);
		const trace = path.join(folder, 'trace');
		const args = ['--dir', path.join(folder, 'data'), '--nodes', '3', '--redis-port', '0'];
		const running = launch(t, args, traceWords(trace, {dataBytes}));
		const script = Array.from({length: writes}, (_, count) => `put key-${count} value-${count}-end\n`).join('');
		running.process.stdin?.end(script);
		const {status, errors} = await running.exit;
		t.is(status, 0, errors);
		const calls = parseTrace(trace);
		const answers = calls.filter(({name, args: said}) => name === 'write' && /^1<[^>]*>, "OK\\n"/.test(said));
		t.is(answers.length, writes);
		for (const [count, {began}] of answers.entries()) {
			const {size} = durableNodes(calls, `value-${count}-end`, began);
			t.true(size >= 2, `write ${count}: on ${size} of 3 nodes`);
		}
	},
);
