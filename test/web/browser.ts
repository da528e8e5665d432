/** A real Chromium. */
import {spawnSync} from 'node:child_process';
import type {ExecutionContext} from 'ava';
import {type Browser, type BrowserContextOptions, chromium, type Page} from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome'];
const executablePath = names
	.map(name => spawnSync('which', [name], {encoding: 'utf8'}).stdout?.trim() ?? '')
	.find(found => found !== '');

/** For `needing`. */
export const browserMissing = executablePath === undefined ? 'chromium is not installed' : undefined;

let browser: Promise<Browser> | undefined;

/** Does something in a window of its own, without a past. Whatever the page complains of meanwhile fails the test. */
export async function inPage(
	t: ExecutionContext,
	work: (page: Page) => Promise<void>,
	options: BrowserContextOptions = {},
): Promise<void> {
	// Without a sandbox: CI runs as root, and only our own page is opened.
	browser ??= chromium.launch({executablePath: executablePath ?? '', args: ['--no-sandbox']});
	const context = await (await browser).newContext({viewport: {width: 1440, height: 1000}, ...options});
	try {
		const complaints: string[] = [];
		const page = await context.newPage();
		page.on('pageerror', error => complaints.push(error.message));
		page.on('console', message => {
			if (message.type() === 'error') complaints.push(message.text());
		});
		await work(page);
		t.deepEqual(complaints, []);
	} finally {
		await context.close();
	}
}

export async function closeBrowser(): Promise<void> {
	await (await browser)?.close();
}
