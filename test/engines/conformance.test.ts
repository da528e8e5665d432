import test from 'ava';
import {Cluster, EtcdClerk} from '../../actors/index.js';
import {compact} from './administrator.js';
import {testConformance} from './conformance.js';
import {EtcdCluster, etcdMissing} from './etcd-cluster.js';

const cluster = await Cluster.start({nodes: 3});
const etcd = etcdMissing === undefined ? await EtcdCluster.start() : undefined;
test.after.always(async () => {
	await cluster.close();
	await etcd?.close();
});

testConformance({
	name: 'the cluster of threads',
	isOurs: true,
	open: () => Promise.resolve(cluster.clerk()),
	// More than the 4 MiB that nodes keep.
	forget: async client => {
		for (let number = 0; number < 5; number++) await client.put('filler', new Uint8Array(2 ** 20));
	},
});
testConformance({
	isOurs: false,
	name: 'etcd',
	missing: etcdMissing,
	open: () => EtcdClerk.connect(etcd!.url('conformance'), {connectTimeoutMs: 20_000}),
	forget: async client => compact(etcd!, (await client.put('filler', '')).version),
});
