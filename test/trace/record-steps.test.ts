/** A record of a real cluster, as a trace: the page shows what was recorded. */
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import type {Fault} from '../../src/faults/faults.js';
import {nodeId, type Term} from '../../src/raft/types.js';
import type {ClusterRecord, RecordedEvent, RecordedNode, RecordEntry} from '../../actors/observe/cluster-record.js';
import {recordLines} from '../../actors/observe/record-lines.js';
import {firstPicture, parseTrace, type Picture, pictureAfter} from '../../actors/trace/parse-trace.js';
import {traceOfRecord} from '../../actors/trace/record-steps.js';
import {readTrace} from '../../actors/trace/trace-file.js';
import {traceText} from '../../actors/trace/trace-text.js';
import {textOf} from './planted-trace.js';

const head = {
	format: 'threadraft-record',
	version: 1,
	startedAt: '2026-11-28T12:00:00.000Z',
	nodes: 2,
	lengthMs: 5000,
	dropped: {events: 0, samples: 0, nodes: 0},
} as const;

const up = (id: number, role: 'leader' | 'follower', commitIndex: number): RecordedNode => ({
	id,
	state: 'up',
	role,
	term: 3,
	commitIndex,
	lastApplied: commitIndex,
	lastIndex: commitIndex + 1,
	terms: [
		[3, 2],
		[commitIndex, 3],
	],
	snapshotIndex: 0,
});

const entries: readonly RecordEntry[] = [
	{type: 'nodes', atMs: 10, nodes: [up(0, 'leader', 7), up(1, 'follower', 7)]},
	{
		type: 'sample',
		atMs: 100,
		lengthMs: 100,
		answered: 25,
		failed: 5,
		p50Ms: 1.5,
		p99Ms: 9,
		requests: 80,
		bytes: 1,
		lost: 0,
	},
	{type: 'command', atMs: 900, line: 'kill 0'},
	{type: 'event', atMs: 1000, event: {type: 'nodeDown', id: nodeId(0)}},
	{type: 'event', atMs: 1100, event: {type: 'faultsChanged', faults: ['cut of everything']}},
	{
		type: 'event',
		atMs: 1300,
		event: {type: 'roleChanged', id: nodeId(1), role: 'leader', term: 4 as Term, leaderId: nodeId(1)},
	},
	{type: 'mark', atMs: 1400, name: 'after the crash'},
	{
		type: 'nodes',
		atMs: 2000,
		nodes: [
			{id: 0, state: 'down'},
			{id: 1, state: 'up'},
		],
	},
];
const record: ClusterRecord = {head, entries};

function pictureAt(at: number): Picture {
	const {header, steps} = parseTrace(textOf(traceOfRecord(record)));
	return steps.filter(step => step.at <= at).reduce(pictureAfter, firstPicture(header.nodeCount));
}

test('a record becomes a trace of its own length, with what was measured and done', t => {
	const {header, steps} = parseTrace(textOf(traceOfRecord(record)));
	t.like(header, {source: 'cluster', nodeCount: 2});
	t.deepEqual(steps.find(({load}) => load !== undefined)?.load, {
		perSecond: 250,
		p50Ms: 1.5,
		p99Ms: 9,
		errorsPerSecond: 50,
	});
	t.like(
		steps.find(({type}) => type === 'command'),
		{at: 900, line: 'kill 0'},
	);
	t.like(
		steps.find(step => step.type === 'event' && step.kind === 'mark'),
		{text: 'mark: after the crash'},
	);
	t.like(steps.at(-1), {type: 'end', at: 5000});
});

test('an event changes its node at once, and what a node was at stays when it goes down', t => {
	t.like(pictureAt(50).nodes[0], {life: 'up', role: 'leader', term: 3, commitIndex: 7, lastIndex: 8});
	const terms = [
		[3, 2],
		[7, 3],
	];
	t.deepEqual(pictureAt(50).nodes[0]?.log, terms as unknown);
	t.deepEqual(pictureAt(2000).nodes[0]?.log, terms as unknown);
	t.like(pictureAt(1000).nodes[0], {life: 'down', role: 'leader', commitIndex: 7});
	t.deepEqual(pictureAt(1200).faults, ['cut of everything']);
	t.like(pictureAt(1300).nodes[1], {life: 'up', role: 'leader', term: 4});
});

test('a fault of the network is seen as cuts until it is cleared; one that nobody knows is listed alone', t => {
	const partition = {type: 'partition', groups: [['node:0'], ['node:1', 'node:2']], oneWay: false} as const;
	const told = (atMs: number, event: RecordedEvent): RecordEntry => ({type: 'event', atMs, event});
	const ofLater = {type: 'wormhole'} as unknown as Fault;
	const lines = traceOfRecord({
		head: {...head, nodes: 3},
		entries: [
			told(1, {type: 'faultSet', name: 'p', fault: partition, text: 'a partition'}),
			told(1, {type: 'faultsChanged', faults: ['a partition']}),
			told(2, {type: 'faultSet', name: 'w', fault: ofLater, text: 'a wormhole'}),
			told(2, {type: 'faultsChanged', faults: ['a partition', 'a wormhole']}),
			told(3, {type: 'faultCleared', name: 'p', fault: partition, text: 'a partition'}),
			told(3, {type: 'faultsChanged', faults: ['a wormhole']}),
		],
	});
	const {steps} = parseTrace(traceText(lines));
	const cutsAt = (at: number): unknown =>
		steps.filter(step => step.at <= at).reduce(pictureAfter, firstPicture(3)).cuts;
	const both = [
		[0, 1],
		[0, 2],
		[1, 0],
		[2, 0],
	];
	t.deepEqual([cutsAt(0), cutsAt(1), cutsAt(2), cutsAt(3)], [[], both, both, []]);
	t.deepEqual(steps.at(-2)?.faults, ['a wormhole']);
});

test('a node that is up and tells nothing is silent', t => {
	t.like(pictureAt(2000).nodes[1], {life: 'silent', role: 'leader', term: 4});
});

test('the file of a record is read as the trace that it is', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'threadraft-record-'));
	t.teardown(() => rm(directory, {recursive: true}));
	const file = path.join(directory, 'record.jsonl');
	await writeFile(file, `${[...recordLines(record)].join('\n')}\n`);
	t.is(await readTrace(file), textOf(traceOfRecord(record)));
	await writeFile(file, `${JSON.stringify({...head, version: 9})}\n`);
	await t.throwsAsync(readTrace(file), {code: 'ERR_RECORD_FORMAT'});
});
