import type {Plan} from './commands/command.js';
import {commandTable} from './commands/table.js';
import type {RedisLimits} from './limits.js';
import {planRequest, queuedPlan} from './plan-request.js';
import type {RefusedModes} from './refused-modes.js';
import type {ReplyWriter} from './reply-writer.js';
import {RequestParser} from './request-parser.js';
import {endOfRun, type Planned} from './run.js';
import {shownWords, type SlowLog} from './slow-log.js';

/** Of the requests of one run. */
const runBytesMax = 4 * 2 ** 20;
/** What a part of a request takes besides its bytes. */
export const partOverheadBytes = 128;
/** Of requests that are taken in together; the one that passes the limit is still taken in. */
const pendingPartsMax = 65_536;

/** What a client has sent and what is not begun yet: bytes, of which requests are read, of which plans are made and begun in their order. */
export class Intake {
	readonly #limits: RedisLimits;
	readonly #modes: RefusedModes;
	readonly #slowLog: SlowLog;
	#parser: RequestParser;
	#queue: readonly Planned[] = [];
	/** Everything of the queue before it was begun. */
	#next = 0;
	#queueBytes = 0;
	#isEnded = false;

	constructor(limits: RedisLimits, modes: RefusedModes, slowLog: SlowLog) {
		this.#slowLog = slowLog;
		this.#limits = limits;
		this.#modes = modes;
		this.#parser = new RequestParser(limits, () => !modes.access.isGranted);
	}

	/** Of what is not planned. */
	get unplannedBytes(): number {
		return this.#parser.heldBytes;
	}

	/** Of the requests in the queue, those that are done included. */
	get queueBytes(): number {
		return this.#queueBytes;
	}

	/** All that was planned has been begun. */
	get isBegun(): boolean {
		return this.#next === this.#queue.length;
	}

	/** No request is read any more: the client has left, or what follows does not count. */
	get isEnded(): boolean {
		return this.#isEnded;
	}

	/** The chunk must not change afterwards. */
	push(chunk: Buffer): void {
		this.#parser.push(chunk);
	}

	end(): void {
		this.#isEnded = true;
	}

	/** Nothing of it is kept or begun. */
	letGo(): void {
		this.#isEnded = true;
		this.#parser = new RequestParser(this.#limits);
		this.#queue = [];
		this.#next = 0;
	}

	/** Plans the next requests, once the queue has been begun. Returns how many. */
	take(): number {
		const {pendingCommandsMax, pendingBytesMax} = this.#limits;
		const queue: Planned[] = [];
		let bytes = 0;
		let parts = 0;
		while (queue.length < pendingCommandsMax && bytes < pendingBytesMax && parts < pendingPartsMax) {
			const planned = this.#isEnded ? undefined : this.#takeRequest();
			if (planned === undefined) break;
			bytes += planned.bytes;
			parts += planned.parts;
			if (planned.plan.type === 'close') this.#isEnded = true;
			queue.push(planned);
			if ('changesModes' in planned.plan && planned.plan.changesModes === true) break;
		}
		this.#queue = queue;
		this.#queueBytes = bytes + parts * partOverheadBytes;
		this.#next = 0;
		return queue.length;
	}

	/** What may be begun together. `values`: operations whose results hold values, at most; the first plan may exceed it. */
	nextRun(values: number): readonly Planned[] {
		const start = this.#next;
		this.#next = endOfRun(this.#queue, start, {values, bytes: runBytesMax});
		return this.#next - start === this.#queue.length ? this.#queue : this.#queue.slice(start, this.#next);
	}

	#takeRequest(): Planned | undefined {
		const request = this.#parser.next();
		if (request === undefined) return undefined;
		if (request.type === 'request') {
			const {parts, bytes} = request;
			const plan = planRequest(commandTable, parts, this.#limits, this.#modes);
			const isBegun = plan !== queuedPlan && !(plan.type === 'local' && plan.isRefused === true);
			const isKept = this.#slowLog.isOn && isBegun;
			return {plan, bytes, parts: parts.length, words: isKept ? shownWords(parts) : undefined};
		}
		const reply = (out: ReplyWriter): void => out.error(`ERR ${request.reason}`);
		const plan: Plan = {type: request.type === 'tooLarge' ? 'local' : 'close', reply};
		return {plan, bytes: 0, parts: 0};
	}
}
