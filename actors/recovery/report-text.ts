/** Reports in words, for a terminal. */
import type {BackupReport} from './backup-file.js';
import type {DirectoryReport, NodeReport, SnapshotReport} from './node-report.js';

/** All that is known of each node. */
export function inspectText(report: DirectoryReport): string {
	return [headOf(report), ...report.nodes.flatMap(linesOf), ...wayOut(report)].join('\n');
}

/** One line a node. */
export function verifyText(report: DirectoryReport): string {
	const rows = report.nodes.map(node => {
		const {state, damage} = node;
		const place = damage?.file === undefined ? '' : ` in ${damage.file}, byte ${damage.offset ?? 0}`;
		const verdict = state === 'damaged' ? `DAMAGED (${damage?.code ?? ''})${place}: ${damage?.message ?? ''}` : state;
		const log = state === 'good' ? `  ${logText(node)}; ${snapshotText(node.snapshot)}` : '';
		return `node ${node.node}  ${verdict}${log}`;
	});
	return [headOf(report), ...rows, ...wayOut(report)].join('\n');
}

export const backupText = ({file, bytes, index, term, clusterId, sha256, isPartial}: BackupReport): string =>
	`${file}: the state at index ${index} (term ${term}) of cluster ${clusterId.slice(0, 8)}, ${bytes} bytes, sha256 ${sha256}` +
	(isPartial ? '. It was made from fewer than a majority of the nodes: acknowledged writes may be missing' : '');

function headOf({directory, clusterId, size, machine, error}: DirectoryReport): string {
	const name = clusterId === undefined ? 'a cluster without a known id' : `cluster ${clusterId}`;
	const nodes = size === undefined ? 'an unknown number of nodes' : `${size} nodes`;
	const of = machine === undefined || machine === 'kv' ? '' : `, of the machine '${machine}'`;
	return `${directory}: ${name}, ${nodes}${of}${error === undefined ? '' : `\nDAMAGED: ${error}`}`;
}

function linesOf(node: NodeReport): readonly string[] {
	const {state, starts, isClosed, damage, files} = node;
	const life =
		starts === undefined
			? 'no file of its own'
			: `start ${starts}, ${isClosed === true ? 'stopped in good order' : 'not stopped in good order'}`;
	const lines = [`node ${node.node}: ${state}, ${life}`];
	if (node.clusterId !== undefined) lines.push(`cluster id  ${node.clusterId}`);
	if (state === 'good') {
		lines.push(
			`term        ${node.currentTerm}, voted for ${node.votedFor === undefined ? 'nobody' : `node ${node.votedFor}`}`,
			`log         ${logText(node)}`,
			`committed   at least up to ${node.committedAtLeast}; the files do not tell how far the rest is`,
			`snapshot    ${snapshotText(node.snapshot)}`,
		);
		if ((node.tornBytes ?? 0) > 0)
			lines.push(
				`torn tail   ${node.tornBytes} bytes of a flush that a crash interrupted; the next start cuts them off`,
			);
	}
	if (damage !== undefined) lines.push(`damage      ${damage.message} (${damage.code})`);
	lines.push(
		`files       ${files.length === 0 ? 'none' : files.map(({name, bytes}) => `${name} (${bytes})`).join(', ')}`,
	);
	return lines.map((line, number) => (number === 0 ? line : `  ${line}`));
}

const logText = ({firstIndex, lastIndex, lastTerm}: NodeReport): string =>
	lastIndex === 0
		? `no entries, last term ${lastTerm}`
		: `entries ${firstIndex} to ${lastIndex}, last term ${lastTerm}`;

function snapshotText(snapshot: SnapshotReport | undefined): string {
	if (snapshot === undefined) return 'no snapshot';
	const {index, term, voters, keys, sessions} = snapshot;
	const content = keys === undefined ? '' : `, ${keys} keys, ${sessions} sessions`;
	return `snapshot up to ${index}, term ${term}, voters ${voters.join(' ')}${content}`;
}

function wayOut({directory, size, nodes}: DirectoryReport): readonly string[] {
	const damaged = nodes.filter(({state}) => state === 'damaged').length;
	if (damaged === 0 && size !== undefined) return [];
	if (size !== undefined && nodes.length - damaged > size / 2) {
		return ['A majority is good: the cluster can be started, and serves without the damaged nodes.'];
	}
	return [
		`The cluster cannot be started. The way out: threadraft backup ${directory} FILE --accept-data-loss makes a backup of the newest log that is left,`,
		'and threadraft restore FILE --dir NEW begins a new cluster from it; what only the damaged nodes acknowledged is lost.',
	];
}
