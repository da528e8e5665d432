/** What the Raft clusters of all bodies of the harness have in common. */
import {defaultRaftLimits, type RaftLimits} from '../../../src/raft/options.js';

/** The handout's rule: no more than ten heartbeats a second. The rows that count RPCs go by it. */
export const labRaftLimits: RaftLimits = {...defaultRaftLimits, heartbeatMs: 100};
