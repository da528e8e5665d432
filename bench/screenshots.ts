/** `npm run screenshots`: the pictures of the page in the documents, made by a real Chromium before a real cluster. */
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {type Browser, chromium, type Page} from 'playwright-core';
import {planted, textOf} from '../test/trace/planted-trace.js';

const cli = fileURLToPath(new URL('../workers/cli.js', import.meta.url));
const images = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const width = 1280;

type Theme = 'light' | 'dark';

/** Runs the command line until `work` is done with its page. */
async function withPage(
	browser: Browser,
	words: readonly string[],
	colorScheme: Theme,
	work: (page: Page) => Promise<void>,
): Promise<void> {
	const child = spawn(process.execPath, [cli, ...words], {stdio: ['pipe', 'pipe', 'inherit']});
	const exit = once(child, 'exit');
	const link = await new Promise<string>((resolve, reject) => {
		let text = '';
		child.stdout.on('data', (chunk: Buffer) => {
			text += chunk.toString();
			const found = /http:\S+/.exec(text)?.[0];
			if (found !== undefined) resolve(found);
		});
		void exit.then(() => reject(new Error(`${words.join(' ')} ended without a link`)));
	});
	const page = await browser.newPage({viewport: {width, height: 1000}, colorScheme});
	try {
		await page.goto(link);
		await page.locator('.node').first().waitFor();
		await work(page);
	} finally {
		await page.close();
		child.kill('SIGTERM');
		await exit;
	}
}

async function shoot(page: Page, name: string, height: number): Promise<void> {
	const file = path.join(images, `${name}.png`);
	await page.setViewportSize({width, height});
	await page.evaluate('scrollTo(0, 0)');
	await sleep(400);
	await page.screenshot({path: file});
	process.stdout.write(`${path.relative('', file)}\n`);
}

/** A leader crash, a few seconds after it. */
async function shootLive(browser: Browser, theme: Theme): Promise<void> {
	await withPage(browser, ['start', '--memory', '--redis-port', '0', '--web'], theme, async page => {
		const run = async (topic: string, button: string): Promise<void> => {
			await page.getByRole('tab', {name: topic, exact: true}).click();
			await page.getByRole('tabpanel').getByRole('button', {name: button, exact: true}).click();
		};
		await page.locator('.node[data-role=leader]').waitFor();
		await run('judging', 'load start');
		await sleep(9000);
		await run('nodes', 'kill');
		await sleep(5000);
		await run('network', 'delay');
		await sleep(3500);
		await shoot(page, `page-${theme}`, 1180);
	});
}

async function shootTrace(browser: Browser, theme: Theme): Promise<void> {
	const ends: (() => void)[] = [];
	const {lines} = await planted(end => void ends.push(end), 'old-append-truncates');
	const directory = await mkdtemp(path.join(tmpdir(), 'threadraft-screenshots-'));
	const file = path.join(directory, 'trace.jsonl');
	await writeFile(file, textOf(lines));
	await withPage(browser, ['view', file], theme, async page => {
		await page.getByRole('button', {name: 'Go there'}).click();
		for (let back = 0; back < 6; back++) await page.locator('body').press('ArrowLeft');
		await shoot(page, `trace-${theme}`, 900);
	});
	for (const end of ends) end();
	await rm(directory, {recursive: true});
}

const executablePath = spawnSync('which', ['chromium'], {encoding: 'utf8'}).stdout.trim();
if (executablePath === '') throw new Error('chromium is not installed: apt-get install chromium');
const browser = await chromium.launch({executablePath, args: ['--no-sandbox']});
await shootLive(browser, 'light');
await shootTrace(browser, 'dark');
await browser.close();
