/** The page in a real browser, before a real cluster and with the trace of a planted bug. */
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {Page} from 'playwright-core';
import {launch} from '../cli/cli-process.js';
import {needing} from '../needs.js';
import {planted, textOf} from '../trace/planted-trace.js';
import {browserMissing, closeBrowser, inPage} from './browser.js';

const browserTest = needing(browserMissing);
test.after.always(() => closeBrowser());

const linkPattern = /(http:\/\/127\.0\.0\.1:\d+\/\?token=\S+)/;

async function linkOf(t: ExecutionContext, words: readonly string[]): Promise<string> {
	return launch(t, words).said(linkPattern);
}

const startLink = (t: ExecutionContext): Promise<string> =>
	linkOf(t, ['start', '--memory', '--nodes', '3', '--redis-port', '0', '--web']);

const nodesOf = async (page: Page, role: string): Promise<readonly string[]> =>
	page
		.locator(`.node[data-role=${role}]`)
		.evaluateAll(nodes => nodes.map(node => node.getAttribute('data-node') ?? ''));

/** Of those that stay leader while they are looked at. */
const leaderOf = async (page: Page): Promise<string> =>
	(await page.locator('.node[data-role=leader]').first().getAttribute('data-node')) ?? '';

async function run(page: Page, topic: string, button: string): Promise<void> {
	await page.getByRole('tab', {name: topic, exact: true}).click();
	await page.getByRole('tabpanel').getByRole('button', {name: button, exact: true}).click();
}

const answerOf = (page: Page, line: string, answer: string | RegExp): Promise<void> =>
	page
		.locator('#log .entry', {hasText: `> ${line}`})
		.last()
		.locator('.answer', {hasText: answer})
		.waitFor();

/** Answers which node that was: on a busy machine, it need not be the one that led a moment ago. */
async function killLeader(page: Page, isDownAlready = ''): Promise<string> {
	const answer = new RegExp(`node [^${isDownAlready}\\D] is down`);
	await run(page, 'nodes', 'kill');
	await answerOf(page, 'kill leader', answer);
	const text = await page.locator('#log .entry', {hasText: '> kill leader'}).last().textContent();
	return /node (\d) is down/.exec(text ?? '')?.[1] ?? '';
}

/** Entries that all nodes together say are committed. */
const commitOf = (page: Page): Promise<number> =>
	page
		.locator('.node-commit')
		.evaluateAll(spans => Math.max(...spans.map(({textContent}) => Number((textContent ?? '').replaceAll(',', '')))));

browserTest(
	'a leader is killed by a click: the line is shown, another one leads in a later term, and all is well again',
	async t => {
		t.timeout(120_000);
		const link = await startLink(t);
		await inPage(t, async page => {
			await page.goto(link);
			await leaderOf(page);
			await run(page, 'judging', 'load start');
			await answerOf(page, 'load start', 'OK');
			const before = await commitOf(page);
			while ((await commitOf(page)) < before + 50) await page.waitForTimeout(20);
			const first = await killLeader(page);
			await page.locator(`.node[data-node="${first}"][data-life=down]`).waitFor();
			const next = await leaderOf(page);
			t.not(next, first);
			await page.locator('#events', {hasText: `node ${next} leads since term`}).waitFor();
			await page.locator('#health', {hasText: '2 of 3 nodes up'}).waitFor();
			const second = await killLeader(page, first);
			await page.locator('#throughput[aria-label^="0 entries committed a second"]').waitFor();
			await page.locator('#health', {hasText: 'no leader'}).waitFor();
			await page.locator('#input').fill(`restart ${second}`);
			await page.keyboard.press('Enter');
			await answerOf(page, `restart ${second}`, `node ${second} is up`);
			await page.locator('#throughput:not([aria-label^="0 entries"])').waitFor();
			await page.locator(`.node[data-node="${first}"]`).click();
			t.is(await page.locator(`.node[data-node="${first}"]`).getAttribute('aria-pressed'), 'true');
			await run(page, 'nodes', 'restart');
			await answerOf(page, `restart ${first}`, `node ${first} is up`);
			await page.locator('#health', {hasText: '3 of 3 nodes up'}).waitFor();
			await run(page, 'judging', 'load stop');
			await answerOf(page, 'load stop', 'linearizable');
		});
	},
);

browserTest('a fault that is set by a click is seen as cuts, and is gone when it is cleared', async t => {
	t.timeout(120_000);
	const link = await startLink(t);
	await inPage(t, async page => {
		await page.goto(link);
		await leaderOf(page);
		await run(page, 'network', 'isolate');
		await page.locator('#faults li', {hasText: 'cut off from all other nodes'}).waitFor();
		await answerOf(page, 'isolate leader', 'is isolated');
		await page.locator('.node[aria-label*="link cut to node"]').nth(2).waitFor();
		await run(page, 'network', 'heal');
		await page.locator('#faults li').waitFor({state: 'detached'});
		await page.locator('.node[aria-label*="link cut to node"]').first().waitFor({state: 'detached'});
		await answerOf(page, 'heal', 'healed: node');
	});
});

browserTest(
	'a node that stands for election again and again is told once; Escape lets go of a chosen node',
	async t => {
		const header = {type: 'header', format: 'threadraft-trace', version: 1, source: 'cluster', title: '', nodeCount: 3};
		const event = (at: number, node: number, kind: string): object => {
			return {type: 'event', at, node, tone: 'news', kind, text: `${kind} of ${node}`};
		};
		const [attempt, other] = ['electionStarted', 'nodeUp'] as const;
		const steps = [
			...[0, 1, 0, 1, 0].map((node, at) => event(at, node, attempt)),
			event(5, 2, other),
			event(6, 0, attempt),
			event(7, 0, attempt),
		];
		const text = [header, ...steps].map(line => `${JSON.stringify(line)}\n`).join('');
		await inPage(t, async page => {
			await page.goto(new URL('../../actors/web/page/page.html', import.meta.url).href);
			await page.locator('#file').setInputFiles({name: 'a.jsonl', mimeType: 'text/plain', buffer: Buffer.from(text)});
			await goToEnd(page);
			await page.locator('#clock', {hasText: '8 / 8'}).waitFor();
			t.deepEqual(await page.locator('#events button').allTextContents(), [
				'electionStarted of 0',
				'electionStarted of 1',
				'nodeUp of 2',
				'electionStarted of 0',
			]);
			await page.locator('.node').first().click();
			await page.locator('.node[aria-pressed=true]').waitFor();
			await page.keyboard.press('Escape');
			await page.locator('.node[aria-pressed=true]').waitFor({state: 'detached'});
		});
	},
);

browserTest('a line that is typed is run, and its answer stands below it', async t => {
	const link = await startLink(t);
	await inPage(t, async page => {
		await page.goto(link);
		await leaderOf(page);
		await page.locator('#input').fill('put greeting hello');
		await page.keyboard.press('Enter');
		await answerOf(page, 'put greeting hello', 'OK');
		await page.locator('#input').fill('nonsense');
		await page.keyboard.press('Enter');
		await page.locator('#log .answer.failed').waitFor();
		await page.locator('#input').press('ArrowUp');
		await page.locator('#input').press('ArrowUp');
		t.is(await page.locator('#input').inputValue(), 'put greeting hello');
	});
});

browserTest('a line that is typed in the terminal is among what happened; one of the page is there once', async t => {
	const started = launch(t, ['start', '--memory', '--nodes', '3', '--redis-port', '0', '--web']);
	const link = await started.said(linkPattern);
	await inPage(t, async page => {
		await page.goto(link);
		await leaderOf(page);
		started.process.stdin?.write('delay 5..6\n');
		await page.locator('#events', {hasText: 'delay 5..6'}).waitFor();
		await page.locator('#input').fill('put x here');
		await page.keyboard.press('Enter');
		await page.locator('#events', {hasText: 'put x here: OK'}).waitFor();
		t.is(await page.locator('#events li', {hasText: 'put x here'}).count(), 1);
	});
});

/** The slider has its length once the first step of the trace is drawn. */
async function goToEnd(page: Page): Promise<void> {
	await page.locator('#clock', {hasText: /^1 \//}).waitFor();
	await page.locator('#slider').press('End');
}

browserTest('what was recorded is saved by a click or by a line, and the page opens it', async t => {
	t.timeout(120_000);
	const directory = await mkdtemp(path.join(tmpdir(), 'threadraft-page-'));
	t.teardown(() => rm(directory, {recursive: true}));
	const typed = path.join(directory, 'typed.jsonl');
	const clicked = path.join(directory, 'clicked.jsonl');
	const link = await startLink(t);
	await inPage(t, async page => {
		await page.goto(link);
		await leaderOf(page);
		await run(page, 'network', 'isolate');
		await page.locator('#faults li').waitFor();
		await page.locator('#input').fill(`save ${typed}`);
		await page.keyboard.press('Enter');
		await answerOf(page, `save ${typed}`, 'threadraft view');
		const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#save').click()]);
		await download.saveAs(clicked);
		for (const file of [typed, clicked]) {
			await page.goto(new URL('../../actors/web/page/page.html', import.meta.url).href);
			await page.locator('#empty').waitFor();
			await page.locator('#file').setInputFiles(file);
			await goToEnd(page);
			await page.locator('.node[aria-label*="link cut to node"]').nth(2).waitFor();
			await page.locator('#events', {hasText: 'isolate'}).waitFor();
			t.true(await page.locator('#save').isHidden());
		}
	});
});

browserTest('without the token there is no page', async t => {
	const link = new URL(await startLink(t));
	await inPage(t, async page => {
		for (const [token, status] of [
			['', 401],
			['?token=guess', 401],
			[link.search, 200],
		] as const) {
			const context = page.context().request;
			t.is((await context.get(`${link.origin}/${token}`)).status(), status);
		}
		t.is((await page.context().request.post(`${link.origin}/line`, {data: 'kill 0'})).status(), 401);
	});
});

browserTest(
	'dark and light follow the system until somebody chooses, and no width needs scrolling to the side',
	async t => {
		t.timeout(120_000);
		const link = await startLink(t);
		for (const width of [1440, 390]) {
			const work = async (page: Page): Promise<void> => {
				await page.goto(link);
				await leaderOf(page);
				const theme = (): Promise<string | null> => page.locator('html').getAttribute('data-theme');
				t.is(await theme(), 'dark');
				await run(page, 'network', 'drop');
				await page.locator('#faults li').waitFor();
				t.true(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth'), `${width} pixels`);
				await page.locator('#theme').click();
				t.is(await theme(), 'light');
				await run(page, 'network', 'drop off');
			};
			await inPage(t, work, {viewport: {width, height: 844}, colorScheme: 'dark'});
		}
	},
);

browserTest('the demo tells its steps on the page, too, and runs its lines there', async t => {
	t.timeout(120_000);
	const link = await linkOf(t, ['demo', '--pace', '3']);
	await inPage(t, async page => {
		await page.goto(link);
		await page.locator('#caption', {hasText: '2/5 Clients write'}).waitFor();
		await page.locator('#caption', {hasText: '4/5 The others miss its heartbeats'}).waitFor();
		await page.locator('#events', {hasText: /kill \d: node \d is down/}).waitFor();
		t.is((await nodesOf(page, 'leader')).length, 1);
	});
});

async function plantedFile(t: ExecutionContext): Promise<{readonly file: string; readonly steps: number}> {
	const directory = await mkdtemp(path.join(tmpdir(), 'threadraft-page-'));
	t.teardown(() => rm(directory, {recursive: true}));
	const {lines} = await planted(end => t.teardown(end), 'quorum-too-small');
	const file = path.join(directory, 'planted.jsonl');
	await writeFile(file, textOf(lines));
	return {file, steps: lines.length - 1};
}

browserTest('a trace of a planted bug is gone through, forward and back, to the invariant that broke', async t => {
	t.timeout(120_000);
	const {file, steps} = await plantedFile(t);
	const link = await linkOf(t, ['view', file]);
	await inPage(t, async page => {
		await page.goto(link);
		await page.locator('#broken', {hasText: 'majorityVote is broken'}).waitFor();
		t.regex((await page.locator('#broken').textContent()) ?? '', /node 0 leads term 1 with the votes of 0/);
		await page.locator('#clock', {hasText: `1 / ${steps}`}).waitFor();
		t.deepEqual(await nodesOf(page, 'leader'), []);
		await page.locator('body').press('ArrowRight');
		await page.locator('#clock', {hasText: `2 / ${steps}`}).waitFor();
		await page.getByRole('button', {name: 'Go there'}).click();
		await page.locator('#clock', {hasText: `${steps} / ${steps}`}).waitFor();
		await page.locator('.node[data-node="0"][data-role=leader]').waitFor();
		await page.locator('#steps [aria-current=step]', {hasText: 'majorityVote is broken'}).waitFor();
		for (const width of [1440, 390]) {
			await page.setViewportSize({width, height: 844});
			const [list, current] = [
				await page.locator('#steps').boundingBox(),
				await page.locator('#steps [aria-current=step]').boundingBox(),
			];
			const bottomOf = (box: {readonly y: number; readonly height: number} | null): number =>
				box === null ? NaN : box.y + box.height;
			t.true(bottomOf(current) <= bottomOf(list) + 1, `${width} pixels`);
		}
		for (let back = 0; back < 3; back++) await page.locator('body').press('ArrowLeft');
		await page.locator('#clock', {hasText: `${steps - 3} / ${steps}`}).waitFor();
		await page.locator('#slider').fill('0');
		await page.locator('#clock', {hasText: `1 / ${steps}`}).waitFor();
		t.deepEqual(await nodesOf(page, 'leader'), []);
	});
});

browserTest(
	'the page opened as a file shows a trace that is chosen, and says what is wrong with another file',
	async t => {
		t.timeout(120_000);
		const {file} = await plantedFile(t);
		await inPage(t, async page => {
			await page.goto(new URL('../../actors/web/page/page.html', import.meta.url).href);
			await page.locator('#empty').waitFor();
			await page
				.locator('#file')
				.setInputFiles({name: 'other.json', mimeType: 'text/plain', buffer: Buffer.from('{}\n')});
			await page.locator('#broken', {hasText: 'other.json cannot be shown: line 1'}).waitFor();
			await page.locator('#file').setInputFiles(file);
			await page.locator('#broken', {hasText: 'majorityVote is broken'}).waitFor();
			await page.locator('.node').first().waitFor();
		});
	},
);
