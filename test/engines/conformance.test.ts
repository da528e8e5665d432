import test from 'ava';
import {Cluster, EtcdClerk} from '../../actors/index.js';
import {testConformance} from './conformance.js';
import {EtcdCluster, etcdMissing} from './etcd-cluster.js';

const cluster = await Cluster.start({nodes: 3});
const etcd = etcdMissing === undefined ? await EtcdCluster.start() : undefined;
test.after.always(async () => {
	await cluster.close();
	await etcd?.close();
});

testConformance({name: 'the cluster of threads', isOurs: true, open: () => Promise.resolve(cluster.clerk())});
testConformance({
	isOurs: false,
	name: 'etcd',
	missing: etcdMissing,
	open: () => EtcdClerk.connect(etcd!.url('conformance'), {connectTimeoutMs: 20_000}),
});
