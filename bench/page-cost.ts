/**
 * Question: what does an open page cost the cluster that it shows, and what does it cost the browser?
 *
 * A cluster in memory runs under full load, served as `threadraft start --web` serves it. Slots without a page alternate with slots in which
 * somebody reads the page's stream (what the server side costs alone), and with slots in which Chromium shows the page: on this machine,
 * so its drawing takes cores from the cluster. What no page could save is shown by slots in which the same Chromium moves twenty dots and
 * does nothing else. The ratio of a slot is taken to the slots without a page before and after it; the median counts.
 *
 *     node dist/bench/page-cost.js [--nodes 5] [--in-flight 1024] [--rounds 5] [--seconds 5] [--smoke]
 */
import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {setTimeout as sleep} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {type Browser, type CDPSession, chromium, type Page} from 'playwright-core';
import {ClusterTarget} from '../actors/cli/cluster-target.js';
import {Cluster} from '../actors/cluster/cluster.js';
import {openPage} from '../actors/web/open-page.js';
import {LoadThread} from './load-pool.js';
import {describeMachine} from './machine.js';
import {median} from './median.js';

const {values} = parseArgs({
	options: {
		nodes: {type: 'string', default: '5'},
		'in-flight': {type: 'string', default: '1024'},
		rounds: {type: 'string', default: '5'},
		seconds: {type: 'string', default: '5'},
		smoke: {type: 'boolean', default: false},
	},
});
const rounds = values.smoke ? 1 : Number(values.rounds);
const seconds = values.smoke ? 0.5 : Number(values.seconds);
/** Before each slot: a page that opens is told the past, and compiles its script. */
const settleMs = values.smoke ? 500 : 2000;
const leaderTimeoutMs = 20_000;

/** What the browser did in one slot. Milliseconds of its main thread. */
interface Frames {
	readonly perSecond: number;
	readonly scriptMs: number;
	readonly layoutMs: number;
	readonly taskMs: number;
}

async function withStream(link: string, work: () => Promise<void>): Promise<void> {
	const stream = link.replace('/?', '/stream?');
	const read = 'require("node:http").get(process.argv[1], response => response.resume())';
	const child: ChildProcess = spawn(process.execPath, ['-e', read, stream], {stdio: 'ignore'});
	const exit = once(child, 'exit');
	try {
		await work();
	} finally {
		child.kill();
		await exit;
	}
}

const showPage = async (page: Page, link: string): Promise<void> => {
	await page.goto(link);
	await page.locator('.node[data-role=leader]').waitFor();
};

const showDots = (page: Page): Promise<void> =>
	page.setContent(`<canvas width="500" height="500"></canvas><script>
		const context = document.querySelector('canvas').getContext('2d');
		let turn = 0;
		(function draw() {
			turn += 1;
			context.clearRect(0, 0, 500, 500);
			for (let dot = 0; dot < 20; dot++) context.fillRect((2 * turn + 25 * dot) % 500, 25 * dot, 8, 8);
			requestAnimationFrame(draw);
		})();
	</script>`);

/** Resolves with what the page's frames cost while `work` went on. */
async function withChromium(
	browser: Browser,
	open: (page: Page) => Promise<void>,
	work: () => Promise<void>,
): Promise<Frames> {
	const page = await browser.newPage({viewport: {width: 1440, height: 900}});
	try {
		await open(page);
		const session = await page.context().newCDPSession(page);
		await session.send('Performance.enable');
		await page.evaluate('globalThis.frames_ = 0; (function count() { frames_++; requestAnimationFrame(count); })()');
		await sleep(settleMs);
		const count = (): Promise<number> => page.evaluate<number>('frames_');
		const [before, framesBefore, startedAt] = [await metricsOf(session), await count(), performance.now()];
		await work();
		const [after, framesAfter, endedAt] = [await metricsOf(session), await count(), performance.now()];
		const frames = framesAfter - framesBefore;
		const perFrame = (name: string): number => (1000 * ((after.get(name) ?? 0) - (before.get(name) ?? 0))) / frames;
		return {
			perSecond: frames / ((endedAt - startedAt) / 1000),
			scriptMs: perFrame('ScriptDuration'),
			layoutMs: perFrame('LayoutDuration') + perFrame('RecalcStyleDuration'),
			taskMs: perFrame('TaskDuration'),
		};
	} finally {
		await page.close();
	}
}

async function metricsOf(session: CDPSession): Promise<ReadonlyMap<string, number>> {
	const {metrics} = await session.send('Performance.getMetrics');
	return new Map(metrics.map(({name, value}) => [name, value]));
}

const executablePath = spawnSync('which', ['chromium'], {encoding: 'utf8'}).stdout.trim();
if (executablePath === '') throw new Error('chromium is not installed: apt-get install chromium');
const {cpu, cores, loadPerCore} = await describeMachine('.');
console.log(`${cores} x ${cpu}, ${(loadPerCore * 100).toFixed(0)} % of the cores busy before the start`);
const cluster = await Cluster.start({nodes: Number(values.nodes)});
const target = new ClusterTarget(cluster, {close: async () => undefined});
const thread = new LoadThread();
const browser = await chromium.launch({executablePath, args: ['--no-sandbox']});
try {
	await cluster.waitForLeader(leaderTimeoutMs);
	const {recorder} = target;
	const page = await openPage({cluster, target, recorder, port: 0, title: 'page-cost'});
	target.closesToo(page);
	const connection = cluster.clerkPort();
	await thread.connect({type: 'clerk', clerk: connection}, [connection.port]);
	const measure = async (): Promise<number> => {
		const load = {workload: 'write', inFlight: Number(values['in-flight']), seed: 1} as const;
		const {operations, seconds: passed} = await thread.measure({
			...load,
			warmUpMs: settleMs,
			measureMs: seconds * 1000,
		});
		return operations / passed;
	};
	const ratios = {stream: [] as number[], chromium: [] as number[], dots: [] as number[]};
	const frames: Frames[] = [];
	const rate = (perSecond: number): string => `${Math.round(perSecond).toLocaleString('en')}/s`;
	// The first load compiles.
	await measure();
	let without = await measure();
	for (let round = 0; round < rounds; round++) {
		for (const reader of ['stream', 'chromium', 'dots'] as const) {
			let withPage = 0;
			const work = async (): Promise<void> => void (withPage = await measure());
			if (reader === 'stream') await withStream(page.link, work);
			else if (reader === 'dots') await withChromium(browser, showDots, work);
			else frames.push(await withChromium(browser, shown => showPage(shown, page.link), work));
			const after = await measure();
			const ratio = withPage / ((without + after) / 2);
			ratios[reader].push(ratio);
			const around = `${rate(without)} and ${rate(after)} without a page`;
			console.log(`${reader}: ${rate(withPage)} between ${around}: ${ratio.toFixed(3)}`);
			without = after;
		}
	}
	for (const [reader, found] of Object.entries(ratios)) {
		const range = `${Math.min(...found).toFixed(3)} to ${Math.max(...found).toFixed(3)}`;
		console.log(`with ${reader}: ${median(found).toFixed(3)} of the throughput without a page (median; ${range})`);
	}
	const middle = (name: keyof Frames): string => median(frames.map(each => each[name])).toFixed(2);
	const parts = `${middle('scriptMs')} ms script, ${middle('layoutMs')} ms style and layout, ${middle('taskMs')} ms in all`;
	console.log(`${middle('perSecond')} frames a second; a frame takes ${parts} of the page's main thread`);
} finally {
	await browser.close();
	await thread.stop();
	await target.close();
}
