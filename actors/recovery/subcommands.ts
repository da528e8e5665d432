/** `threadraft inspect`, `verify`, `backup` and `restore`. */
import {statSync} from 'node:fs';
import {Option} from 'commander';
import type {ThreadraftError} from '../../src/base/errors.js';
import {type Subcommand, wholeNumber} from '../console/command-line.js';
import {backupDirectory} from './backup-directory.js';
import {loadBackup} from './backup-file.js';

import {examineDirectory} from './examine.js';
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
					const report = reportOf(examineDirectory(directory), {isDecoded: false});
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
			.addHelpText('after', '\nThe exit status is 0 when all is good, 1 for damage, and 2 when it could not be judged.')
			.action((path: string, options: {readonly json: boolean}) => {
				setStatus(
					verifyPath(path, options.json, output).catch((error: unknown) => {
						const {code, message} = error as ThreadraftError & {readonly code?: string};
						if (code === undefined) throw error;
						errors.write(`threadraft: ${message}\n`);
						return code === 'ERR_BACKUP_DAMAGED' ? exitStatus.damaged : exitStatus.unusable;
					}),
				);
			});
	},
});

async function verifyPath(path: string, isJson: boolean, output: Streams['output']): Promise<number> {
	if (statSync(path, {throwIfNoEntry: false})?.isFile() === true) {
		const {report, state} = await loadBackup(path);
		const text = `${backupText(report)}, ${state.machine.itemCount} keys: good`;
		output.write(isJson ? `${JSON.stringify({...report, keys: state.machine.itemCount})}\n` : `${text}\n`);
		return exitStatus.ok;
	}
	const report = reportOf(examineDirectory(path), {isDecoded: true});
	const verdict = isSound(report);
	output.write(isJson ? `${JSON.stringify({...report, isSound: verdict})}\n` : `${verifyText(report)}\n`);
	return verdict ? exitStatus.ok : exitStatus.damaged;
}

interface BackupOptions {
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
			.action((directory: string, file: string, {acceptDataLoss, valueBytesMax, sessionTimeout}: BackupOptions) => {
				const limits = {
					...(valueBytesMax === undefined ? {} : {valueBytesMax}),
					...(sessionTimeout === undefined ? {} : {sessionTimeoutMs: sessionTimeout}),
				};
				const run = async (): Promise<number> => {
					const report = await backupDirectory(directory, file, {acceptDataLoss, limits});
					output.write(`${backupText(report)}\n`);
					const {unreadable} = report;
					if (unreadable.length > 0)
						errors.write(`read from node ${report.node}; not readable: node ${unreadable.join(', node ')}\n`);
					return exitStatus.ok;
				};
				setStatus(run());
			});
	},
});

const restore = ({output}: Streams): Subcommand => ({
	name: 'restore',
	summary: 'make the data directory of a new cluster from a backup',
	isDefault: false,
	mount: (command, setStatus) => {
		command
			.argument('<file>', 'the backup')
			.requiredOption('--dir <path>', 'the new data directory; it must not exist, or be empty')
			.option('--nodes <n>', 'how many nodes the new cluster has, 1 to 9', wholeNumber(1, 9), 3)
			.action((file: string, {dir, nodes}: {readonly dir: string; readonly nodes: number}) => {
				const run = async (): Promise<number> => {
					const report = await restoreBackup(file, {directory: dir, nodes});
					output.write(`${backupText(report.backup)}\n`);
					output.write(
						`${dir}: cluster ${report.clusterId}, ${nodes} nodes, ${report.keys} keys; "threadraft start --dir ${dir} --nodes ${nodes}" starts it\n`,
					);
					return exitStatus.ok;
				};
				setStatus(run());
			});
	},
});
