/** Writes a value, takes the disk of node 1 away, writes another one, says so, and waits for its death. */
import {Cluster} from '../../actors/index.js';

const [directory = ''] = process.argv.slice(2);
const cluster = await Cluster.start({nodes: 3, directory});
const clerk = cluster.clerk({timeoutMs: 60_000});
await clerk.put('before', 'the fault');
await cluster.inject({type: 'crash', node: 1, disk: 'wiped'});
await clerk.put('during', 'the fault');
process.stdout.write('wiped\n');
// The threads of the cluster keep the process alive.
