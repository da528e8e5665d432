/** Tests before a real etcd cluster, one for the whole file; where etcd is not installed they say so, and skip. */
import test, {type ExecutionContext} from 'ava';
import {EtcdCluster, etcdMissing, isEtcdInstalled} from './etcd-cluster.js';

const etcd = isEtcdInstalled ? await EtcdCluster.start() : undefined;
test.after.always(() => etcd?.close());

export function etcdTest(title: string, body: (t: ExecutionContext, cluster: EtcdCluster) => Promise<void>): void {
	test.serial(title, async t => {
		if (etcd !== undefined) return body(t, etcd);
		t.log(etcdMissing);
		t.pass();
	});
}
