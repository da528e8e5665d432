import type {LeaseId} from '../../../src/kv/types.js';

/** Beyond any doubt that two clients draw the same, and exact in a double. What etcd draws by itself is not. */
const idBits = 52;

/** Of a lease to be granted: etcd takes the id that it is given. */
export const drawLeaseId = (): LeaseId => 1 + Math.floor(Math.random() * 2 ** idBits);
