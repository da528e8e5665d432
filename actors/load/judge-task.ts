/** Judges what loads and people did, in a pool thread: so neither router, nor console, nor load is held up. */
import {writeFile} from 'node:fs/promises';
import type {MessagePort} from 'node:worker_threads';
import type {KvHistory} from '../../src/linearizability/kv-operation.js';
import {writeJsonLines} from '../../src/linearizability/formats/write-json-lines.js';
import {Judgement, type Judged} from './judgement.js';

/** A chapter of a load, sent by the load's thread. */
export interface ChapterMessage {
	/** How often a mark had been set when it began. */
	readonly epoch: number;
	readonly history: KvHistory;
}

/** What the judge is asked. */
export type JudgeMessage =
	/** One more load sends its chapters here. */
	| {readonly type: 'source'; readonly port: MessagePort}
	/** Begin anew. */
	| {readonly type: 'mark'; readonly epoch: number}
	/** A window of what was done by hand. */
	| {readonly type: 'own'; readonly history: KvHistory}
	| {
			readonly type: 'judge';
			readonly id: number;
			/** So many chapters were sent by all loads: they are waited for. */
			readonly chapters: number;
			/** By hand, since the last window. */
			readonly own: KvHistory;
			/** Where the history of the loads is written. */
			readonly file: string | undefined;
			/** Where the history of a violation is written if `file` is not given. */
			readonly evidence: string;
	  };

export interface JudgeReport extends Omit<Judged, 'violation'> {
	readonly violation: {readonly key: string; readonly detail: string; readonly isByHand: boolean} | undefined;
	/** Where the history is. */
	readonly file: string | undefined;
	/** Why it could not be written. */
	readonly fileError: string | undefined;
	/** Operations that `file` lacks, because they are older than what is kept. */
	readonly dropped: number;
}

export interface JudgeAnswer {
	readonly id: number;
	readonly report: JudgeReport;
}

/** Until its port is closed. */
export async function runJudgeTask({control}: {readonly control: MessagePort}): Promise<void> {
	const judge = new Judge(control);
	control.on('message', (message: JudgeMessage) => judge.handle(message));
	await new Promise<void>(resolve => control.once('close', resolve));
	judge.close();
}

class Judge {
	readonly #control: MessagePort;
	readonly #sources: MessagePort[] = [];
	#judgement = newJudgement();
	#epoch = 0;
	#chapters = 0;
	#asked: Extract<JudgeMessage, {type: 'judge'}>[] = [];

	constructor(control: MessagePort) {
		this.#control = control;
	}

	handle(message: JudgeMessage): void {
		switch (message.type) {
			case 'source':
				this.#sources.push(message.port);
				message.port.on('message', (chapter: ChapterMessage) => this.#take(chapter));
				return;
			case 'mark':
				this.#epoch = message.epoch;
				this.#judgement = newJudgement();
				return;
			case 'own':
				this.#judgement.add({history: message.history, isByHand: true});
				return;
			case 'judge':
				this.#asked.push(message);
				this.#answer();
				return;
			default:
				message satisfies never;
		}
	}

	close(): void {
		for (const port of this.#sources) port.close();
	}

	#take({epoch, history}: ChapterMessage): void {
		this.#chapters++;
		// What began before the mark is not asked for any more.
		if (epoch === this.#epoch) this.#judgement.add({history, isByHand: false});
		this.#answer();
	}

	#answer(): void {
		const ready = this.#asked.filter(({chapters}) => chapters <= this.#chapters);
		this.#asked = this.#asked.filter(message => !ready.includes(message));
		for (const message of ready) void this.#judge(message);
	}

	async #judge({id, own, file, evidence}: Extract<JudgeMessage, {type: 'judge'}>): Promise<void> {
		const {violation, ...judged} = this.#judgement.judge(own);
		const kept = this.#judgement.kept();
		const place = file ?? (violation === undefined ? undefined : evidence);
		const history = file === undefined ? violation?.history : kept.history;
		const fileError = place === undefined || history === undefined ? undefined : await writeHistory(place, history);
		const report: JudgeReport = {
			...judged,
			violation: violation && {key: violation.key, detail: violation.detail, isByHand: violation.isByHand},
			file: place,
			fileError,
			dropped: file === undefined ? 0 : kept.dropped,
		};
		this.#control.postMessage({id, report} satisfies JudgeAnswer);
	}
}

const newJudgement = (): Judgement => new Judgement({now: () => performance.now()});

/** Resolves with what went wrong. */
async function writeHistory(file: string, history: KvHistory): Promise<string | undefined> {
	try {
		await writeFile(file, `${[...writeJsonLines(history, {model: 'kv', initial: undefined})].join('\n')}\n`);
		return undefined;
	} catch (error) {
		return (error as Error).message;
	}
}
