/** `threadraft inspect`, `verify`, `backup` and `restore`. */
import {statSync} from 'node:fs';
import {Option} from 'commander';
import type {ThreadraftError} from '../../src/base/errors.js';
import {DataDirectoryError} from '../../src/storage/errors.js';
import type {Subcommand} from '../console/command-line.js';
import {wholeNumber} from '../console/whole-number.js';
import {backupDirectory} from './backup-directory.js';
import {loadBackup} from './backup-file.js';
import {examineDirectory} from './examine.js';
import {type MachineOption, machineNameOf, namedMachine} from './machine.js';
import {isSound, reportOf} from './node-report.js';
import {backupText, inspectText, verifyText} from './report-text.js';
import {restoreBackup} from './restore.js';

/** `unusable`: there was nothing to judge, or it is in use. */
export const exitStatus = {ok: 0, damaged: 1, unusable: 2} as const;

interface Streams {
	readonly output: {write(text: string): void};
	readonly errors: {write(text: string): void};
}

export const recoverySubcommands = (streams: Streams): readonly Subcommand[] => [
	inspect(streams),
	verify(streams),
	backup(streams),
	restore(streams),
];

const machine = (): Option =>
	new Option('--machine <file>', "the module of the cluster's state machine, unless that is keys and values");
const json = (): Option => new Option('--json', 'write one JSON object').default(false);

const inspect = ({output}: Streams): Subcommand => ({
	name: 'inspect',
	summary: "tell what the files of a stopped cluster's nodes hold; changes nothing",
	isDefault: false,
	mount: (command, setStatus) => {
		command
			.argument('<dir>', 'the data directory')
			.addOption(json())
			.action((directory: string, options: {readonly json: boolean}) => {
				const run = async (): Promise<number> => {
					const report = reportOf(examineDirectory(directory), undefined);
					output.write(options.json ? `${JSON.stringify(report)}\n` : `${inspectText(report)}\n`);
					return exitStatus.ok;
				};
				setStatus(run());
			});
	},
});

const verify = ({output, errors}: Streams): Subcommand => ({
	name: 'verify',
	summary: 'check every byte of a stopped cluster, or of a backup; changes nothing',
	isDefault: false,
	mount: (command, setStatus) => {
		command
			.argument('<path>', "the data directory, or a backup's file")
			.addOption(json())
			.addOption(machine())
			.addHelpText('after', '\nThe exit status is 0 when all is good, 1 for damage, and 2 when it could not be judged.')
			.action((path: string, options: VerifyOptions) => {
				setStatus(
					verifyPath(path, options, output).catch((error: unknown) => {
						const {code, message} = error as ThreadraftError & {readonly code?: string};
						if (code === undefined) throw error;
						errors.write(`threadraft: ${message}\n`);
						return code === 'ERR_BACKUP_DAMAGED' ? exitStatus.damaged : exitStatus.unusable;
					}),
				);
			});
	},
});

interface VerifyOptions extends MachineOption {
	readonly json: boolean;
}

async function verifyPath(path: string, options: VerifyOptions, output: Streams['output']): Promise<number> {
	const {json: isJson} = options;
	const named = await namedMachine(options);
	if (statSync(path, {throwIfNoEntry: false})?.isFile() === true) {
		const {report, state} = await loadBackup(path, named);
		const text = `${backupText(report)}, ${countText(named.name, state.machine.itemCount)}: good`;
		output.write(isJson ? `${JSON.stringify({...report, keys: state.machine.itemCount})}\n` : `${text}\n`);
		return exitStatus.ok;
	}
	const examined = examineDirectory(path);
	const name = machineNameOf(examined) ?? named.name;
	if (options.machine !== undefined && name !== named.name) {
		const message = `${path} is of the machine '${name}', and ${String(options.machine)} is the module of '${named.name}'`;
		throw new DataDirectoryError('ERR_DIRECTORY_UNUSABLE', path, message);
	}
	const isDecoded = name === named.name;
	const report = reportOf(examined, isDecoded ? named : undefined);
	const verdict = isSound(report);
	const rest = isDecoded
		? ''
		: '\nThe states in the snapshots were not decoded: give the module of the machine (--machine FILE)';
	output.write(
		isJson ? `${JSON.stringify({...report, isDecoded, isSound: verdict})}\n` : `${verifyText(report)}${rest}\n`,
	);
	return verdict ? exitStatus.ok : exitStatus.damaged;
}

interface BackupOptions extends MachineOption {
	readonly acceptDataLoss: boolean;
	readonly valueBytesMax?: number;
	readonly sessionTimeout?: number;
}

const backup = ({output, errors}: Streams): Subcommand => ({
	name: 'backup',
	summary: 'write the state of a stopped cluster into one file; of a running one its console does ("backup FILE")',
	isDefault: false,
	mount: (command, setStatus) => {
		command
			.argument('<dir>', 'the data directory')
			.argument('<file>', 'the backup; it must not exist yet')
			.option('--accept-data-loss', 'go on with fewer than a majority of the nodes, whatever may be missing', false)
			.option(
				'--value-bytes-max <n>',
				'the valueBytesMax that the cluster was started with, where its directory does not tell it',
				wholeNumber(1, 2 ** 30),
			)
			.option('--session-timeout <ms>', 'the sessionTimeoutMs, likewise', wholeNumber(1, Number.MAX_SAFE_INTEGER))
			.addOption(machine())
			.action(
				(directory: string, file: string, {acceptDataLoss, valueBytesMax, sessionTimeout, ...named}: BackupOptions) => {
					const limits = {
						...(valueBytesMax === undefined ? {} : {valueBytesMax}),
						...(sessionTimeout === undefined ? {} : {sessionTimeoutMs: sessionTimeout}),
					};
					const run = async (): Promise<number> => {
						const report = await backupDirectory(directory, file, {acceptDataLoss, limits, ...named});
						output.write(`${backupText(report)}\n`);
						const {unreadable} = report;
						if (unreadable.length > 0)
							errors.write(`read from node ${report.node}; not readable: node ${unreadable.join(', node ')}\n`);
						return exitStatus.ok;
					};
					setStatus(run());
				},
			);
	},
});

interface RestoreCommandOptions extends MachineOption {
	readonly dir: string;
	readonly nodes: number;
}

const countText = (machineName: string | undefined, count: number): string =>
	`${count} ${machineName === 'kv' ? 'keys' : 'items'}`;

const restore = ({output}: Streams): Subcommand => ({
	name: 'restore',
	summary: 'make the data directory of a new cluster from a backup',
	isDefault: false,
	mount: (command, setStatus) => {
		command
			.argument('<file>', 'the backup')
			.requiredOption('--dir <path>', 'the new data directory; it must not exist, or be empty')
			.option('--nodes <n>', 'how many nodes the new cluster has, 1 to 9', wholeNumber(1, 9), 3)
			.addOption(machine())
			.action((file: string, {dir, nodes, ...named}: RestoreCommandOptions) => {
				const run = async (): Promise<number> => {
					const report = await restoreBackup(file, {directory: dir, nodes, ...named});
					output.write(`${backupText(report.backup)}\n`);
					output.write(
						`${dir}: cluster ${report.clusterId}, ${nodes} nodes, ${countText(named.machine === undefined ? 'kv' : undefined, report.keys)}; ` +
							(named.machine === undefined
								? `"threadraft start --dir ${dir} --nodes ${nodes}" starts it\n`
								: 'Cluster.start with this directory, nodes and machine starts it\n'),
					);
					return exitStatus.ok;
				};
				setStatus(run());
			});
	},
});
