/**
 * The folder of a whole cluster: a folder for each node, and the cluster's own file. The file keeps a cluster of five from
 * being started as one of three, whose majorities could forget what the five had acknowledged; and it counts the starts
 * of each node, which is how parts that were put back from an older copy are recognised (see start-check.ts).
 */
import {randomBytes} from 'node:crypto';
import {existsSync, readFileSync} from 'node:fs';
import {mkdir, open, readdir, readFile, rename} from 'node:fs/promises';
import path from 'node:path';
import {
	type ClusterFile,
	clusterFileName,
	damaged,
	decodeClusterFile,
	encodeClusterFile,
	type ReplayLimits,
	restoreMarkName,
	unfinishedRestore,
} from '../../src/storage/cluster-file.js';
import {defaultKvLimits} from '../../src/kv/limits.js';
import {defaultSessionLimits} from '../../src/service/sessions.js';
import {claimDirectory, releaseDirectory} from '../../src/storage/directory-lock.js';
import {DataDirectoryError} from '../../src/storage/errors.js';
import type {Identity} from '../../src/storage/identity.js';
import {decodeNodeFile, nodeFileName} from '../../src/storage/node-file.js';
import type {ExpectedStart} from '../../src/storage/start-check.js';
import {isAsideName, putBack} from './set-aside.js';
import {TemporaryDirectory} from './temporary-directory.js';
import {syncDirectory} from '../recovery/sync-directory.js';

const neverStarted: ExpectedStart = {starts: 0, isStarting: false, isClosed: false, isOlder: false};

export class DataDirectory {
	readonly path: string;
	/** Of this life, and of every later one. */
	readonly limits: ReplayLimits;
	/** Nodes whose directories a fault had set aside when the process before ended. They are in their places again. */
	readonly putBack: readonly number[];
	readonly #clusterId: string;
	/** By node. */
	readonly #nodes: ExpectedStart[];
	/** Claims the directory; `undefined` for a temporary one, which claims itself. */
	readonly #owner: string | undefined;
	readonly #temporary: TemporaryDirectory | undefined;
	/** Resolves when the write that is under way has ended; never rejects. */
	#written: Promise<void> = Promise.resolve();
	/** The write that begins next, shared by all that want one. */
	#next: Promise<void> | undefined;

	private constructor(
		directory: string,
		{clusterId, nodes}: Pick<ClusterFile, 'clusterId' | 'nodes'>,
		limits: ReplayLimits,
		keeper: string | TemporaryDirectory,
		back: readonly number[] = [],
	) {
		this.path = directory;
		this.limits = limits;
		this.putBack = back;
		this.#clusterId = clusterId;
		this.#nodes = [...nodes];
		this.#owner = typeof keeper === 'string' ? keeper : undefined;
		this.#temporary = typeof keeper === 'string' ? undefined : keeper;
	}

	/** A new folder for a cluster that lives as long as its process. `close` removes it. `owner`: as of `open`. */
	static async temporary(nodes: number, owner: string, limits: Partial<ReplayLimits> = {}): Promise<DataDirectory> {
		const temporary = await TemporaryDirectory.make(owner);
		return new DataDirectory(temporary.path, newCluster(nodes), {...defaultLimits, ...limits}, temporary);
	}

	/**
	 * Makes the folder if need be, claims it for `owner`, and checks that it belongs to a cluster of this size and with these
	 * limits; those that are left out are the folder's own. Throws a `DataDirectoryError`.
	 */
	static async open(
		directory: string,
		nodes: number,
		owner: string,
		limits: Partial<ReplayLimits> = {},
	): Promise<DataDirectory> {
		try {
			await makeDirectory(directory);
			// What is wrong with the directory itself is told first, also while somebody has it.
			await readClusterFile(directory, nodes);
			claimDirectory(directory, owner);
		} catch (error) {
			throw unusable(directory, error);
		}
		try {
			const found = await readClusterFile(directory, nodes);
			const agreed = agreedLimits(directory, found?.limits, limits);
			const back = await putAllBack(directory, nodes);
			const opened = new DataDirectory(directory, found ?? newCluster(nodes), agreed, owner, back);
			// Before anything is written under these limits.
			if (found?.limits?.valueBytesMax === undefined) await opened.#save();
			return opened;
		} catch (error) {
			releaseDirectory(directory, owner);
			throw unusable(directory, error);
		}
	}

	/** Whether the data has to outlive the machine. */
	get isDurable(): boolean {
		return this.#owner !== undefined;
	}

	nodeDirectory(node: number): string {
		return nodeDirectory(this.path, node);
	}

	identityOf(node: number): Identity {
		return {clusterId: this.#clusterId, node};
	}

	/** Before a node reads its files: what they have to say. Rejects with a `DataDirectoryError` when it cannot be noted. */
	async beginStart(node: number): Promise<ExpectedStart> {
		const before = this.#stateOf(node);
		this.#nodes[node] = {...before, isStarting: true};
		await this.#save();
		// A start that was begun and not confirmed before this one counts, also when this one is the second in this process.
		return before;
	}

	/** When it has read them, and before it takes part. Rejects with a `DataDirectoryError` when it cannot be noted. */
	async confirmStart(node: number): Promise<void> {
		this.#nodes[node] = {...neverStarted, starts: this.#stateOf(node).starts + 1};
		await this.#save();
	}

	/** Notes which nodes ended in good order, and lets go of the folder. Their threads have ended. */
	async close(): Promise<void> {
		await this.#temporary?.remove();
		if (this.#owner === undefined) return;
		try {
			let isAnyClosed = false;
			for (const [node, state] of this.#nodes.entries()) {
				if (!this.#hasClosed(node, state)) continue;
				this.#nodes[node] = {...state, isClosed: true};
				isAnyClosed = true;
			}
			if (isAnyClosed) await this.#save();
		} finally {
			releaseDirectory(this.path, this.#owner);
		}
	}

	#stateOf(node: number): ExpectedStart {
		return this.#nodes[node] ?? neverStarted;
	}

	#hasClosed(node: number, {starts, isStarting}: ExpectedStart): boolean {
		const file = path.join(this.nodeDirectory(node), nodeFileName);
		if (isStarting || !existsSync(file)) return false;
		const found = decodeNodeFile(readFileSync(file));
		return found?.isClosed === true && found.starts === starts;
	}

	/** Makes the state of now durable. One write at a time; calls that come meanwhile share the next one. */
	async #save(): Promise<void> {
		if (this.#owner === undefined) return;
		this.#next ??= this.#saveNext();
		const saved = this.#next;
		this.#written = saved.catch(() => undefined);
		await saved;
	}

	async #saveNext(): Promise<void> {
		await this.#written;
		this.#next = undefined;
		await this.#write();
	}

	#content(): ClusterFile {
		return {clusterId: this.#clusterId, nodes: this.#nodes, limits: this.limits};
	}

	async #write(): Promise<void> {
		const file = path.join(this.path, clusterFileName);
		try {
			const replacement = await open(`${file}.tmp`, 'w');
			try {
				await replacement.writeFile(encodeClusterFile(this.#content()));
				await replacement.sync();
			} finally {
				await replacement.close();
			}
			await rename(`${file}.tmp`, file);
			// With it the names of the nodes' folders get durable, which were made before their starts are confirmed.
			await syncDirectory(this.path);
		} catch (error) {
			throw unusable(this.path, error);
		}
	}
}

const {valueBytesMax} = defaultKvLimits;
const {sessionTimeoutMs} = defaultSessionLimits;
const defaultLimits: ReplayLimits = {valueBytesMax, sessionTimeoutMs};

/** Throws where the log was written under other limits than are wanted now. */
function agreedLimits(
	directory: string,
	found: Partial<ReplayLimits> | undefined,
	wanted: Partial<ReplayLimits>,
): ReplayLimits {
	if (found === undefined) return {...defaultLimits, ...wanted};
	const [machine = 'kv', wantedMachine = 'kv'] = [found.machine, wanted.machine];
	if (machine !== wantedMachine) {
		throw new DataDirectoryError(
			'ERR_DIRECTORY_UNUSABLE',
			directory,
			`${directory} was written by a cluster of the machine '${machine}', and '${wantedMachine}' cannot read its log: name ` +
				'the module of that machine, or another directory',
		);
	}
	for (const name of ['valueBytesMax', 'sessionTimeoutMs'] as const) {
		const limit = wanted[name];
		if (limit === undefined || found[name] === undefined || limit === found[name]) continue;
		throw new DataDirectoryError(
			'ERR_DIRECTORY_UNUSABLE',
			directory,
			`${directory} was written with ${name} ${found[name]}, not ${limit}, and under another limit its log would mean something ` +
				`else: leave the option out or give ${found[name]}. For another limit make a backup ("threadraft backup"), and restore ` +
				'it into a new directory',
		);
	}
	return {...defaultLimits, ...wanted, ...found};
}

const newCluster = (nodes: number): {clusterId: string; nodes: readonly ExpectedStart[]} => ({
	clusterId: newClusterId(),
	nodes: Array.from({length: nodes}, () => neverStarted),
});

const newClusterId = (): string => randomBytes(16).toString('hex');

const nodeDirectory = (directory: string, node: number): string => path.join(directory, `node-${node}`);

/** Nobody else uses the folder. Resolves with the nodes whose directories were set aside. */
async function putAllBack(directory: string, nodes: number): Promise<readonly number[]> {
	const back: number[] = [];
	for (let node = 0; node < nodes; node++) {
		if (await putBack(nodeDirectory(directory, node))) back.push(node);
	}
	return back;
}

/** `undefined` for a folder that holds no cluster yet. */
async function readClusterFile(
	directory: string,
	nodes: number,
): Promise<ReturnType<typeof decodeClusterFile> | undefined> {
	const file = path.join(directory, clusterFileName);
	const names = await readdir(directory);
	if (names.includes(restoreMarkName)) throw unfinishedRestore(directory);
	if (!names.includes(clusterFileName)) {
		if (names.some(name => name.startsWith('node-') || isAsideName(name))) throw damaged(file);
		return undefined;
	}
	const found = decodeClusterFile(await readFile(file, 'utf8'), file, newClusterId());
	if (found.nodes.length === nodes) return found;
	throw new DataDirectoryError(
		'ERR_DIRECTORY_UNUSABLE',
		directory,
		`${directory} holds a cluster of ${found.nodes.length} nodes, not ${nodes}: start it with that many, or choose another directory`,
	);
}

/** Not by `mkdir` with `recursive`: that never ends where a parent exists and takes no folders. */
async function makeDirectory(directory: string): Promise<void> {
	if (existsSync(directory)) return;
	const parent = path.dirname(directory);
	if (parent !== directory) await makeDirectory(parent);
	await mkdir(directory).catch((error: NodeJS.ErrnoException) => {
		if (error.code !== 'EEXIST') throw error;
	});
	await syncDirectory(parent);
}

function unusable(directory: string, error: unknown): DataDirectoryError {
	if (error instanceof DataDirectoryError) return error;
	const message = `${directory} cannot be used as a data directory (${(error as Error).message}): choose another one, or make it writable`;
	return new DataDirectoryError('ERR_DIRECTORY_UNUSABLE', directory, message, {cause: error});
}
