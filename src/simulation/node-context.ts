/** What a simulated node is given by whoever simulates, and what it asks of the service that it replicates for. */
import type {Random} from '../base/random.js';
import type {LogEntry, LogIndex, RaftMessage, ServiceInput, ServiceOutput} from '../raft/types.js';
import type {Unsynced} from '../storage/simulated-file.js';
import type {Schedule} from './events.js';
import type {LogJudge} from './log-judge.js';
import type {SimulationParameters} from './parameters.js';
import type {Report} from './violation.js';

/** How a node dies: its process alone, or its machine, and then what no sync covered is lost, or may be. */
export type Death = 'process' | Unsynced;

/** What the node's driver asks of whatever it replicates for. */
export interface NodeService {
	handle(input: ServiceInput): void;
	/** Does a part of its work; answers whether some is left. */
	slice(): boolean;
	/** The end of a turn; answers whether work is left for `slice`. */
	flush(): boolean;
	/** When it wants a turn though nothing comes in, by the node's clock. @default never */
	nextDeadline?(): number;
}

/** What a service is given by its node, for one life. */
export interface ServiceTools {
	readonly node: number;
	/** The node's clock. */
	readonly now: () => number;
	/** The node's wall clock, Unix ms. */
	readonly wallNow: () => number;
	readonly send: (output: ServiceOutput) => void;
	/** The node's log, `[from, to)`, as far as it is in memory. */
	readonly entries: (from: LogIndex, to: LogIndex) => readonly LogEntry[];
}

export type NodeParameters = Pick<
	SimulationParameters,
	| 'raft'
	| 'maxRaftState'
	| 'installChunkBytes'
	| 'segmentBytes'
	| 'preallocateBytes'
	| 'diskWriteMs'
	| 'diskSyncMs'
	| 'turnMs'
	| 'sliceMs'
	| 'isServiceApart'
> &
	Partial<Pick<SimulationParameters, 'firstTerm'>>;

export interface NodeContext<Service extends NodeService> {
	readonly parameters: NodeParameters;
	readonly nodeCount: number;
	readonly random: Random;
	readonly logs: LogJudge;
	readonly report: Report;
	readonly now: () => number;
	/** The node's wall clock, Unix ms. */
	readonly wallNow: () => number;
	readonly schedule: Schedule;
	readonly send: (from: number, to: number, message: RaftMessage) => void;
	readonly newService: (tools: ServiceTools) => Service;
	/** After each turn, to be judged. */
	readonly served: (node: number, service: Service) => void;
	/** The node has stopped by itself. */
	readonly failed: (node: number, error: Error) => void;
}
