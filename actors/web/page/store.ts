/** All that the page knows of what it shows: steps, what was so after each of them, messages, and what was measured. */
import {firstPicture, pictureAfter, type Picture} from '../../trace/parse-trace.js';
import type {LoadView, SentMessage, TraceHeader, TraceStep} from '../../trace/trace.js';

/** A message on its way. */
export interface Flight {
	/** When it was sent. */
	readonly at: number;
	readonly from: number;
	readonly to: number;
	readonly kind: string;
	readonly text: string;
	/** `Infinity`: it has not arrived yet. */
	endAt: number;
	readonly isLost: boolean;
}

/** The leader from a moment on. */
export interface Reign {
	readonly at: number;
	/** `undefined`: nobody. */
	readonly node: number | undefined;
	readonly term: number;
}

/** `null`: not measured at this moment. */
export interface Measured {
	readonly at: number;
	/** Entries that were committed, a second. */
	readonly commits: number | null;
	/** Operations that were answered, a second. */
	readonly answers: number | null;
	readonly p50Ms: number | null;
	readonly p99Ms: number | null;
}

/** Of a living cluster so many steps are kept, and up to a third more. */
const stepsMax = 30_000;
/** A message between threads takes less than a millisecond: it is shown for so long, ms. */
const sampledFlightMs = 380;
/** Of a simulated message that is lost: where it would have been about, virtual ms. */
const lostFlightMs = 8;
/** Answers are counted over so long, ms: a load on another thread tells its own twice a second. */
const answeredMs = 1000;
/** Commits are counted over so long, ms. */
const countedMs = 200;

export class Store {
	readonly header: TraceHeader;
	steps: TraceStep[] = [];
	/** After each step. */
	pictures: Picture[] = [];
	flights: Flight[] = [];
	reigns: Reign[] = [];
	measured: Measured[] = [];
	/** Steps that belong on the timeline. */
	events: {readonly step: TraceStep; readonly at: number}[] = [];
	/** So many steps were dropped: offsets of before are less by this. */
	dropped = 0;
	#byId = new Map<number, Flight>();
	#sent = new Map<number, SentMessage & {readonly sentAt: number}>();
	readonly #isLive: boolean;
	/** Since `#answeredAt`; what was told at `#loadAt` last is in it. */
	#answered = 0;
	#answeredAt = 0;
	#loadAt = 0;
	#countedAt = 0;
	#countedCommits = 0;

	/** `isLive`: it goes on, and what is old is dropped. */
	constructor(header: TraceHeader, isLive: boolean) {
		this.header = header;
		this.#isLive = isLive;
	}

	get startAt(): number {
		return this.steps[0]?.at ?? 0;
	}

	get endAt(): number {
		return this.steps.at(-1)?.at ?? 0;
	}

	/** The last step at this time or before; -1: none. */
	offsetAt(at: number): number {
		return lastBefore(this.steps, at);
	}

	pictureAt(offset: number): Picture {
		return this.pictures[offset] ?? firstPicture(this.header.nodeCount);
	}

	push(step: TraceStep): void {
		const before = this.pictures.at(-1) ?? firstPicture(this.header.nodeCount);
		const picture = pictureAfter(before, step);
		this.steps.push(step);
		this.pictures.push(picture);
		for (const message of step.sent ?? []) this.#send(message, step.at);
		if (step.type === 'arrived') this.#arrive(step.id, step.at);
		if (this.#isNews(step)) this.events.push({step, at: step.at});
		if (picture.nodes !== before.nodes) this.#noteReign(picture, step.at);
		this.#measure(step, picture);
		if (this.#isLive && this.steps.length > (stepsMax * 4) / 3) this.#drop();
	}

	/** A node that cannot win stands for election a few times a second: that it does so again is no news. */
	#isNews(step: TraceStep): boolean {
		if (step.type !== 'event') return step.type === 'command' || step.type === 'end';
		if (step.kind !== 'electionStarted') return true;
		for (let offset = this.events.length - 1; offset >= 0; offset--) {
			const before = this.events[offset]?.step;
			if (before?.type !== 'event' || before.kind !== 'electionStarted') return true;
			if (before.node === step.node && before.text === step.text) return false;
		}
		return true;
	}

	/** What is in the air at a time. */
	flightsAt(at: number): readonly Flight[] {
		const found: Flight[] = [];
		const last = lastBefore(this.flights, at);
		for (let offset = last; offset >= 0 && found.length < 400; offset--) {
			const flight = this.flights[offset] as Flight;
			// Nothing that was sent much earlier is still on its way, but what waits for a node that is slow.
			if (last - offset > 3000 || (this.#isLive && flight.at + sampledFlightMs < at)) break;
			if (flight.endAt >= at) found.push(flight);
		}
		return found;
	}

	#send(message: SentMessage, sentAt: number): void {
		const {from, to, kind, text, arrivals} = message;
		const isLost = arrivals === 0;
		const lifeMs = this.header.source === 'simulation' ? lostFlightMs : sampledFlightMs;
		const endAt = arrivals === 'sampled' || isLost ? sentAt + lifeMs : Infinity;
		const flight = {from, to, kind, text, at: sentAt, endAt, isLost};
		this.flights.push(flight);
		if (arrivals === 'sampled') return;
		this.#sent.set(message.id, {...message, sentAt});
		this.#byId.set(message.id, flight);
	}

	#arrive(id: number, at: number): void {
		const flight = this.#byId.get(id);
		if (flight !== undefined && flight.endAt === Infinity) flight.endAt = at;
	}

	/** What a message is that arrives. */
	messageOf(id: number): (SentMessage & {readonly sentAt: number}) | undefined {
		return this.#sent.get(id);
	}

	#noteReign({nodes}: Picture, at: number): void {
		let leader: {node: number | undefined; term: number} = {node: undefined, term: 0};
		for (const [node, {life, role, term}] of nodes.entries()) {
			const isLeading = role === 'leader' && life !== 'down' && life !== 'damaged' && life !== 'waiting';
			if (isLeading && term >= leader.term) leader = {node, term};
		}
		const last = this.reigns.at(-1);
		if (last?.node === leader.node && last?.term === leader.term) return;
		this.reigns.push({at, ...leader});
	}

	#measure({at, load}: TraceStep, {nodes}: Picture): void {
		if (load !== undefined) this.#measureLoad(at, load);
		const passedMs = at - this.#countedAt;
		if (passedMs < countedMs) return;
		const before = this.#countedCommits;
		const commits = Math.max(before, ...nodes.map(({commitIndex}) => commitIndex));
		const perSecond = Math.round(((commits - before) / passedMs) * 1000);
		// What was committed before the trace begins was not committed within this time.
		const isFirst = before === 0 && this.#countedAt === 0 && this.#isLive;
		this.measured.push({at, commits: isFirst ? null : perSecond, answers: null, p50Ms: null, p99Ms: null});
		this.#countedAt = at;
		this.#countedCommits = commits;
	}

	#measureLoad(at: number, load: LoadView): void {
		const {perSecond, p50Ms = null, p99Ms = null} = load;
		this.#answered += (perSecond * (at - this.#loadAt)) / 1000;
		this.#loadAt = at;
		const passedMs = at - this.#answeredAt;
		const isDue = passedMs >= answeredMs;
		if (!isDue && p50Ms === null) return;
		const answers = isDue ? Math.round((this.#answered / passedMs) * 1000) : null;
		this.measured.push({at, commits: null, answers, p50Ms, p99Ms});
		if (!isDue) return;
		this.#answered = 0;
		this.#answeredAt = at;
	}

	#drop(): void {
		const count = this.steps.length - stepsMax;
		this.steps = this.steps.slice(count);
		this.pictures = this.pictures.slice(count);
		this.dropped += count;
		const from = this.startAt;
		this.flights = this.flights.filter(({at}) => at >= from);
		this.events = this.events.filter(({at}) => at >= from);
		this.measured = this.measured.filter(({at}) => at >= from);
		const reign = this.reigns.findLast(({at}) => at < from);
		this.reigns = this.reigns.filter(each => each.at >= from || each === reign);
	}
}

/** The offset of the last item at this time or before; -1: none. */
export function lastBefore(items: readonly {readonly at: number}[], at: number): number {
	let low = 0;
	let high = items.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((items[middle] as {readonly at: number}).at <= at) low = middle + 1;
		else high = middle;
	}
	return low - 1;
}
