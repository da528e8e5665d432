/** The clock of a replica's thread under faults, on a time that the test owns. */
import test from 'ava';
import {ThreadClock} from '../../actors/replica/thread-clock.js';
import {ThreadPace} from '../../actors/replica/thread-conditions.js';
import type {Clock} from '../../actors/runtime/clock.js';

/** Timers go off in `pass` alone. */
class OwnTime implements Clock {
	#now = 1000;
	#timers: {readonly at: number; readonly callback: () => void}[] = [];

	now(): number {
		return this.#now;
	}

	setTimer(callback: () => void, delayMs: number): () => void {
		const timer = {at: this.#now + delayMs, callback};
		this.#timers.push(timer);
		return () => (this.#timers = this.#timers.filter(each => each !== timer));
	}

	get waiting(): readonly number[] {
		return this.#timers.map(({at}) => at - this.#now);
	}

	pass(ms: number): void {
		this.#now += ms;
		const due = this.#timers.filter(({at}) => at <= this.#now);
		this.#timers = this.#timers.filter(({at}) => at > this.#now);
		for (const {callback} of due) callback();
	}
}

function scene(): {readonly time: OwnTime; readonly clock: ThreadClock; readonly fired: string[]} {
	const time = new OwnTime();
	return {time, clock: new ThreadClock(time), fired: []};
}

test('a clock without a fault shows the true time, and its timers wait as long as they are told', t => {
	const {time, clock, fired} = scene();
	clock.setTimer(() => fired.push('a'), 100);
	const cancel = clock.setTimer(() => fired.push('b'), 100);
	cancel();
	t.is(clock.now(), 1000);
	t.deepEqual(time.waiting, [100]);
	time.pass(100);
	t.is(clock.now(), 1100);
	t.deepEqual(fired, ['a']);
});

test('a leap makes due at once what is due by then, and shortens the rest', t => {
	const {time, clock, fired} = scene();
	clock.setTimer(() => fired.push('soon'), 100);
	clock.setTimer(() => fired.push('late'), 700);
	clock.leap(500);
	t.deepEqual(fired, ['soon']);
	t.is(clock.now(), 1500);
	t.deepEqual(time.waiting, [200]);
});

test('a step back is a clock that stands still for so long, and never goes back', t => {
	const {time, clock, fired} = scene();
	clock.setTimer(() => fired.push('timer'), 100);
	clock.leap(-300);
	t.deepEqual(time.waiting, [400]);
	time.pass(300);
	t.is(clock.now(), 1000);
	time.pass(100);
	t.is(clock.now(), 1100);
	t.deepEqual(fired, ['timer']);
});

test('at another rate the clock and its timers run so much faster, also those that wait already; and then as before', t => {
	const {time, clock, fired} = scene();
	clock.setTimer(() => fired.push('timer'), 300);
	clock.adjust(2, 0);
	t.deepEqual(time.waiting, [150]);
	time.pass(100);
	t.is(clock.now(), 1200);
	clock.adjust(1, 0);
	t.deepEqual(time.waiting, [100]);
	time.pass(100);
	t.is(clock.now(), 1300);
	t.deepEqual(fired, ['timer']);
});

test('timers that are skewed go off late, or early and never before now', t => {
	const {time, clock} = scene();
	clock.adjust(1, 30);
	clock.setTimer(() => undefined, 100);
	t.deepEqual(time.waiting, [130]);
	clock.adjust(1, -200);
	t.deepEqual(time.waiting, [0]);
	t.is(clock.now(), 1000);
});

test('a pause in which the clock stands still has not happened for the timers', t => {
	const {time, clock, fired} = scene();
	clock.setTimer(() => fired.push('timer'), 100);
	const before = clock.now();
	// Nobody could look at a timer meanwhile.
	time.setTimer(() => clock.forget(before), 5000);
	time.pass(90);
	t.deepEqual(fired, []);
	const started = clock.now();
	time.pass(9);
	clock.forget(started);
	t.is(clock.now(), started);
	t.deepEqual(time.waiting.at(-1), 10);
});

test('a thread that is slowed down stands still after each piece of work for so many times its length', async t => {
	const time = new OwnTime();
	const blocked: number[] = [];
	const pace = new ThreadPace(ms => void blocked.push(ms), time);
	const work = (ms: number): Promise<void> =>
		new Promise(resolve => {
			pace.defer(() => time.pass(ms));
			setImmediate(resolve);
		});
	await work(4);
	t.deepEqual(blocked, []);
	pace.set({clockRate: 1, timerSkewMs: 0, slowness: 10});
	await work(4);
	t.deepEqual(blocked, [36]);
});
