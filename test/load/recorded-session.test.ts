/** What is recorded of a session: loads and what is typed, marks, and the verdict on it. */
import {readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {checkFiles} from '../../actors/check/check-files.js';
import {Cluster, TimeoutError} from '../../actors/index.js';
import {Judgement} from '../../actors/load/judgement.js';
import {OwnOperations} from '../../actors/load/own-operations.js';
import {RecordedSession} from '../../actors/load/recorded-session.js';
import {temporaryDirectory} from '../storage/places.js';
import type {KvHistory} from '../../src/linearizability/kv-operation.js';
import type {Operation, Result} from '../../src/kv/types.js';

/** A store that answers as it is told. */
function sessionOf(
	t: ExecutionContext,
	execute: (operation: Operation) => Promise<Result>,
	others: () => number | undefined = () => 0,
): RecordedSession {
	const session = new RecordedSession({
		connect: () => t.fail('no load is begun'),
		execute,
		others,
		statistics: () => undefined,
	});
	t.teardown(() => session.close());
	return session;
}

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const valueOf = (value: string): Result => ({type: 'value', value: bytes(value), version: 1});
const written: Result = {type: 'written', version: 1, length: 1};

/** Answers each operation with the next of these. */
const answering =
	(...answers: (Result | Error)[]): ((operation: Operation) => Promise<Result>) =>
	async () => {
		const [answer] = answers.splice(0, 1);
		if (answer === undefined) throw new Error('nothing more is answered');
		if (answer instanceof Error) throw answer;
		return answer;
	};

test('what was typed is judged from whatever was there, and a stale read is found and kept', async t => {
	const session = sessionOf(t, answering(valueOf('old'), written, valueOf('new'), valueOf('old')));
	await session.run({type: 'get', key: 'k'});
	t.like(await session.check(), {verdict: 'ok', ownOperations: 1, mark: undefined, file: undefined});
	await session.run({type: 'put', key: 'k', value: 'new'});
	await session.run({type: 'get', key: 'k'});
	t.like(await session.check(), {verdict: 'ok', ownOperations: 3});
	await session.run({type: 'get', key: 'k'});
	const {verdict, violation, file = ''} = await session.check();
	t.teardown(() => rm(file, {force: true}));
	t.is(verdict, 'violation');
	t.like(violation, {key: 'k', isByHand: true});
	const [checked] = await checkFiles([file]);
	t.like(checked, {type: 'checked', verdict: 'violation'});
});

test('after a mark only what comes later is judged', async t => {
	const session = sessionOf(t, answering(valueOf('new'), valueOf('old'), valueOf('other'), valueOf('other')));
	for (let number = 0; number < 2; number++) await session.run({type: 'get', key: 'k'});
	const {verdict, file = ''} = await session.check();
	t.teardown(() => rm(file, {force: true}));
	t.is(verdict, 'violation');
	await session.mark('calm');
	t.like(await session.check(), {verdict: 'unknown', mark: 'calm', ownOperations: 0});
	for (let number = 0; number < 2; number++) await session.run({type: 'get', key: 'k'});
	t.like(await session.check(), {verdict: 'ok', mark: 'calm', ownOperations: 2});
});

test('a write that timed out may have had its effect, also after a mark', async t => {
	const session = sessionOf(
		t,
		answering(written, new TimeoutError('unknown', 1, 'none'), valueOf('1'), valueOf('1'), valueOf('2'), valueOf('2')),
	);
	await session.run({type: 'put', key: 'k', value: '1'});
	await t.throwsAsync(session.run({type: 'put', key: 'k', value: '2'}), {instanceOf: TimeoutError});
	await session.run({type: 'get', key: 'k'});
	await session.mark('later');
	await session.run({type: 'get', key: 'k'});
	await session.run({type: 'get', key: 'k'});
	t.is((await session.check()).verdict, 'ok');
	await session.run({type: 'get', key: 'k'});
	t.is((await session.check()).verdict, 'ok');
});

test('a write that certainly did not run is not seen', async t => {
	const session = sessionOf(t, answering(written, new TimeoutError('notExecuted', 1, 'none'), valueOf('2')));
	await session.run({type: 'put', key: 'k', value: '1'});
	await t.throwsAsync(session.run({type: 'put', key: 'k', value: '2'}));
	await session.run({type: 'get', key: 'k'});
	const {verdict, file = ''} = await session.check();
	t.teardown(() => rm(file, {force: true}));
	t.is(verdict, 'violation');
});

test('a contradiction is not called one where others may have written the keys', async t => {
	let others = 0;
	const session = sessionOf(t, answering(valueOf('a'), valueOf('b'), valueOf('c'), valueOf('d')), () => others);
	await session.run({type: 'get', key: 'k'});
	others++;
	await session.run({type: 'get', key: 'k'});
	const {blindness, file = ''} = await session.check();
	t.teardown(() => rm(file, {force: true}));
	t.is(blindness, 'others');
	await session.mark('alone');
	await session.run({type: 'get', key: 'k'});
	await session.run({type: 'get', key: 'k'});
	t.like(await session.check(), {verdict: 'violation', blindness: undefined});
});

test('keys of loads that are typed are left to the load', async t => {
	const session = sessionOf(t, answering(valueOf('a'), valueOf('b')));
	await session.run({type: 'get', key: 'load/1/0/value0'});
	await session.run({type: 'get', key: 'load/1/0/value0'});
	t.like(await session.check(), {verdict: 'unknown', ownOperations: 0});
});

/** Operations one after the other, on a clock of their own. */
function ownOperations(operationsMax: number): {
	readonly own: OwnOperations;
	readonly windows: KvHistory[];
	readonly put: (value: string) => Promise<unknown>;
} {
	let now = 0;
	const windows: KvHistory[] = [];
	const own = new OwnOperations({now: () => now++, full: history => windows.push(history), operationsMax});
	return {own, windows, put: value => own.run({type: 'put', key: 'k', value}, async () => written)};
}

test('of what is typed the newest are held, and all others were handed over before they went', async t => {
	const {own, windows, put} = ownOperations(10);
	for (let number = 0; number < 100; number++) {
		await put(String(number));
		t.true(own.history().length <= 10);
	}
	const judged = new Set([...windows.flat(), ...own.history()].map(({process}) => process));
	t.is(judged.size, 100);
	t.is(own.begun, 100);
});

test('what is under way when the older ones go has an unknown outcome from then on', async t => {
	const {own, put} = ownOperations(10);
	let answer: (result: Result) => void = () => undefined;
	const slow = own.run({type: 'put', key: 'k', value: 'slow'}, () => new Promise(resolve => (answer = resolve)));
	for (let number = 0; number < 12; number++) await put(String(number));
	answer(written);
	await slow;
	const [first] = own.history();
	t.like(first, {process: 'hand0', return: Infinity, output: undefined});
});

test('with too many unknown outcomes nothing is said of what is typed, until a mark', async t => {
	const {own, put} = ownOperations(200);
	const lost = Promise.allSettled(
		Array.from({length: 120}, () =>
			own.run({type: 'put', key: 'k', value: 'x'}, async () => {
				throw new TimeoutError('unknown', 1, 'none');
			}),
		),
	);
	await lost;
	for (let number = 0; number < 100; number++) await put(String(number));
	t.true(own.isBlind);
});

const getAt = (call: number, value: string | undefined): KvHistory[number] => ({
	process: String(call),
	call,
	return: call + 1,
	input: {type: 'get', key: 'k'},
	output: {type: 'value', value, version: undefined},
});

test('a judgement holds so many operations and no more, and says how many it lacks', t => {
	const judgement = new Judgement({now: () => 0, keptMax: 20, waitingMax: 15});
	for (let part = 0; part < 10; part++) {
		judgement.add({history: [1, 2, 3, 4, 5].map(call => getAt(part * 100 + call * 2, undefined)), isByHand: false});
	}
	const {history, dropped} = judgement.kept();
	t.is(history.length, 20);
	t.is(dropped, 30);
	t.like(judgement.judge([]), {verdict: 'ok', operations: 50});
});

test('the first violation stays, though its part is long gone', t => {
	const judgement = new Judgement({now: () => 0, keptMax: 1, waitingMax: 1});
	judgement.add({history: [getAt(0, 'nobody wrote this'), getAt(2, undefined)], isByHand: false});
	for (let part = 1; part < 5; part++)
		judgement.add({history: [getAt(part * 100, undefined), getAt(part * 100 + 2, undefined)], isByHand: false});
	const {verdict, violation} = judgement.judge([]);
	t.is(verdict, 'violation');
	t.is(violation?.history.length, 2);
});

test('what cannot be decided in time is told as such, and is no verdict', t => {
	let now = 0;
	const judgement = new Judgement({now: () => now++ * 1000, timeoutMs: 1});
	judgement.add({history: [getAt(0, undefined)], isByHand: false});
	t.like(judgement.judge([]), {verdict: 'unknown', undecided: 1, violation: undefined});
});

test('on a real cluster a load and what is typed are judged while it goes on, across marks, and again at its end', async t => {
	await using cluster = await Cluster.start({nodes: 3});
	const clerk = cluster.clerk();
	const session = new RecordedSession({
		connect: () => ({type: 'clerk', clerk: cluster.clerkPort()}),
		execute: operation => clerk.execute(operation),
		others: () => 0,
		statistics: ({recent}) => recent.operations > 0 && told(),
	});
	t.teardown(() => session.close());
	let told = (): void => undefined;
	const someWork = (): Promise<void> => new Promise(resolve => (told = resolve));
	await session.startLoad({clients: 4, readShare: 0.5});
	await someWork();
	await session.run({type: 'put', key: 'mine', value: '1'});
	const first = await session.check();
	t.like(first, {verdict: 'ok', ownOperations: 1});
	t.true(first.operations > 0);
	const leader = await cluster.waitForLeader(30_000);
	await session.mark('crash');
	await cluster.kill(leader);
	await session.run({type: 'get', key: 'mine'});
	await someWork();
	const second = await session.check();
	t.like(second, {verdict: 'ok', ownOperations: 1, mark: 'crash'});
	const file = path.join(temporaryDirectory(t), 'history.jsonl');
	const {figures, report} = await session.stopLoad(file);
	t.like(report, {verdict: 'ok', file, dropped: 0});
	t.true(report.operations >= second.operations);
	t.true(figures.operations > report.operations);
	t.true((await readFile(file, 'utf8')).split('\n').length > report.operations);
	const [checked] = await checkFiles([file]);
	t.like(checked, {type: 'checked', verdict: 'ok'});
	await t.throwsAsync(session.stopLoad(undefined), {code: 'ERR_LOAD_STATE'});
});
