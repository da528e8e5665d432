/** Tests before a real etcd cluster, one for the whole file; where etcd is not installed they are skipped. */
import test, {type ExecutionContext} from 'ava';
import {needing} from '../needs.js';
import {EtcdCluster, etcdMissing} from './etcd-cluster.js';

let etcd: EtcdCluster | undefined;
test.before(async () => {
	if (etcdMissing === undefined) etcd = await EtcdCluster.start();
});
test.after.always(() => etcd?.close());

export function etcdTest(title: string, body: (t: ExecutionContext, cluster: EtcdCluster) => Promise<void>): void {
	needing(etcdMissing)(title, async t => {
		t.teardown(() => etcd?.revive());
		await body(t, etcd as EtcdCluster);
	});
}
