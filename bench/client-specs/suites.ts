/** The clients whose own specs are run: where their source is, how it is made ready, and which of its specs are run. */

export interface SpecSuite {
	readonly name: string;
	readonly repository: string;
	/** The release whose specs these are. */
	readonly tag: string;
	/** What is checked out beside the files of the root. */
	readonly folders: readonly string[];
	/** Carried out in the root of the source, one after the other. */
	readonly prepare: readonly (readonly [program: string, ...args: readonly string[]])[];
	/** From the root of the source: where mocha is run. */
	readonly workFolder: string;
	readonly mochaArgs: readonly string[];
	/** Ours, loaded before the specs. */
	readonly setup?: string;
	/** Some of the specs log in. */
	readonly needsPassword: boolean;
	/** From `workFolder`. */
	readonly commandSpecs: string;
	/** Words of the command that a spec of that folder is about, by the name of its file. */
	readonly commandOf: (file: string) => readonly string[] | undefined;
	/** Other specs of what the port offers, from `workFolder`. */
	readonly otherSpecs: readonly string[];
}

const ioredis: SpecSuite = {
	name: 'ioredis',
	repository: 'https://github.com/redis/ioredis.git',
	tag: 'v6.0.0',
	folders: ['lib', 'test', 'bin'],
	prepare: [['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund']],
	workFolder: '.',
	// The settings of its package.json hold as well.
	mochaArgs: ['test/helpers/*.ts'],
	needsPassword: false,
	commandSpecs: 'test/functional/commands',
	commandOf: file => [file.replace(/\.ts$/, '')],
	otherSpecs: (
		'auth autopipelining client_info commandTimeout connection disconnection duplicate exports fatal_error lazy_connect maxRetriesPerRequest ' +
		'monitor pipeline protocol_downgrade pub_sub ready_check reconnect_on_error reply_mapping scan_stream scripting select send_command ' +
		'show_friendly_error_stack socketTimeout spub_ssub string_numbers tracing transaction transformer watch-exec'
	)
		.split(' ')
		.map(name => `test/functional/${name}.ts`),
};

const nodeRedis: SpecSuite = {
	name: 'node-redis',
	repository: 'https://github.com/redis/node-redis.git',
	tag: 'client@6.2.1',
	folders: ['packages'],
	prepare: [
		['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund'],
		['npx', 'tsc', '--build', 'packages/client', 'packages/bloom', 'packages/test-utils'],
	],
	workFolder: 'packages/client',
	mochaArgs: ['--require', 'tsx'],
	setup: 'node-redis-setup.js',
	needsPassword: true,
	commandSpecs: 'lib/commands',
	commandOf: file => /^([A-Z_-]+)\.spec\.ts$/.exec(file)?.[1]?.toLowerCase().split('_'),
	otherSpecs: 'index key-prefix legacy-mode pool pub-sub socket tracing'
		.split(' ')
		.map(name => `lib/client/${name}.spec.ts`),
};

export const specSuites: readonly SpecSuite[] = [ioredis, nodeRedis];
