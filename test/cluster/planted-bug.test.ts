/**
 * The judges on real threads: a cluster that runs from a copy of the compiled code with a bug in its router, and the
 * history check that must find it.
 */
import {cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {performance} from 'node:perf_hooks';
import {fileURLToPath, pathToFileURL} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import type * as Threadraft from '../../actors/index.js';
import {check} from '../../src/linearizability/check.js';
import type {KvHistory} from '../../src/linearizability/kv-operation.js';
import {kvModel} from '../../src/linearizability/models/kv-model.js';
import {Recorder} from '../../src/linearizability/recorder.js';
import {applyPatch, type Patch} from '../mutants/mutant.js';

const dist = fileURLToPath(new URL('../..', import.meta.url));
const clients = 6;
const rounds = 150;
const keys = ['a', 'b'];

/**
 * Each tenth reply that passes by the router is also what the waiter after it gets, in place of its own. Of the same
 * length, so that reads get what others have read: an answer of the wrong kind would be found without a history.
 */
const replyToTwoWaiters: Patch = {
	file: 'actors/network/router',
	find: '() => clerkPort.postMessage(message));',
	replace: `() => {
		const {reply} = message;
		this.replies = (this.replies ?? 0) + 1;
		const isAlike = this.earlier !== undefined && this.earlier.outcomes?.length === reply.outcomes?.length;
		if (this.replies % 10 === 0 && isAlike) message.reply = this.earlier;
		this.earlier = reply;
		clerkPort.postMessage(message);
	});`,
};

test.serial('a router that gives one reply to two waiters is found by the history check', async t => {
	const {verdict, keys: judged} = judge(await play(await load(t, replyToTwoWaiters)));
	t.is(verdict, 'violation');
	t.true(judged.some(result => result.verdict === 'violation'));
});

test.serial('the same load on the router as it is gives a linearizable history', async t => {
	t.is(judge(await play(await load(t, undefined))).verdict, 'ok');
});

const judge = (history: KvHistory): ReturnType<typeof check> => check(history, {model: kvModel('kv')});

/** The package, from a copy of its compiled code. */
async function load(t: ExecutionContext, patch: Patch | undefined): Promise<typeof Threadraft> {
	const copy = mkdtempSync(path.join(tmpdir(), 'threadraft-planted-'));
	t.teardown(() => rmSync(copy, {recursive: true, force: true}));
	for (const folder of ['src', 'actors', 'workers']) {
		cpSync(path.join(dist, folder), path.join(copy, folder), {recursive: true});
	}
	symlinkSync(path.resolve(dist, '../node_modules'), path.join(copy, 'node_modules'));
	writeFileSync(path.join(copy, 'package.json'), '{"type": "module"}');
	if (patch !== undefined) {
		const file = path.join(copy, `${patch.file}.js`);
		writeFileSync(file, applyPatch(readFileSync(file, 'utf8'), patch, 'planted'));
	}
	return (await import(pathToFileURL(path.join(copy, 'actors/index.js')).href)) as typeof Threadraft;
}

/** Clients that put and get a few keys, all replies by way of the router. */
async function play({Cluster}: typeof Threadraft): Promise<KvHistory> {
	const cluster = await Cluster.start({nodes: 3, seed: 1});
	try {
		// Replies pass by the router only where a link has a fault.
		cluster.faults.setDelay({type: 'uniform', minMs: 0, maxMs: 1}, 'everyone');
		const recorder = new Recorder(() => Math.round(performance.now() * 1e6));
		await Promise.all(Array.from({length: clients}, (_, client) => playOne(cluster.clerk(), recorder, client)));
		return recorder.history();
	} finally {
		await cluster.close();
	}
}

async function playOne(clerk: Threadraft.Clerk, recorder: Recorder, client: number): Promise<void> {
	const process = `client ${client}`;
	for (let round = 0; round < rounds; round++) {
		const key = keys[(client + round) % keys.length] as string;
		const value = `${client}.${String(round).padStart(3, '0')}`;
		const isPut = round % 2 === 0;
		recorder.invoke(process, isPut ? {type: 'put', key, value} : {type: 'get', key});
		try {
			if (isPut) await clerk.put(key, value);
			const read = isPut ? undefined : await clerk.getText(key);
			const version = undefined;
			recorder.complete(process, isPut ? {type: 'written', version} : {type: 'value', value: read, version});
		} catch {
			// An answer that makes no sense says nothing of what has happened; a client ends with its first one.
			return recorder.loseTrack(process);
		}
	}
}
