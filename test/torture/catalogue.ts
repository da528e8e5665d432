/** Every row of the torture runs, in the order in which they run: what is soon said comes first. */
import type {Row} from './row.js';
import {backups} from './rows/backups.js';
import {connections} from './rows/connections.js';
import {damagedFiles} from './rows/damaged-files.js';
import {damagedNode} from './rows/damaged-node.js';
import {deadDevice} from './rows/dead-device.js';
import {deletesAndVersions} from './rows/deletes-and-versions.js';
import {descriptors} from './rows/descriptors.js';
import {etcdOutages} from './rows/etcd-outages.js';
import {failedSync} from './rows/failed-sync.js';
import {failingDisks} from './rows/failing-disks.js';
import {foreignFiles} from './rows/foreign-files.js';
import {freshDirectory} from './rows/fresh-directory.js';
import {fullDisk} from './rows/full-disk.js';
import {fuzzCodec} from './rows/fuzz-codec.js';
import {fuzzRequests} from './rows/fuzz-requests.js';
import {idleSessions} from './rows/idle-sessions.js';
import {killNine} from './rows/kill-nine.js';
import {lateReplies} from './rows/late-replies.js';
import {lateViolation} from './rows/late-violation.js';
import {locks} from './rows/locks.js';
import {maxMemory} from './rows/max-memory.js';
import {memoryBudgets} from './rows/memory-budgets.js';
import {nemesis} from './rows/nemesis.js';
import {nothingJudged} from './rows/nothing-judged.js';
import {overload} from './rows/overload.js';
import {pipelineOrder} from './rows/pipeline-order.js';
import {rollingRestarts} from './rows/rolling-restarts.js';
import {simulatedSeeds} from './rows/simulated-seeds.js';
import {slowReaders} from './rows/slow-readers.js';
import {startsAndStops} from './rows/starts-and-stops.js';
import {transactionsAtThePort} from './rows/transactions-at-the-port.js';
import {wholePipelines} from './rows/whole-pipelines.js';

export const rows: readonly Row[] = [
	nothingJudged,
	lateViolation,
	deletesAndVersions,
	fuzzRequests,
	fuzzCodec,
	transactionsAtThePort,
	wholePipelines,
	pipelineOrder,
	idleSessions,
	lateReplies,
	freshDirectory,
	locks,
	foreignFiles,
	damagedFiles,
	damagedNode,
	backups,
	failedSync,
	fullDisk,
	failingDisks,
	deadDevice,
	descriptors,
	connections,
	slowReaders,
	memoryBudgets,
	maxMemory,
	etcdOutages,
	overload,
	startsAndStops,
	simulatedSeeds,
	rollingRestarts,
	killNine,
	nemesis,
];
