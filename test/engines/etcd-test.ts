/** Tests before a real etcd cluster, one for the whole file; where etcd is not installed they are skipped. */
import test, {type ExecutionContext} from 'ava';
import {needing} from '../needs.js';
import {EtcdCluster, etcdMissing} from './etcd-cluster.js';

const etcd = etcdMissing === undefined ? await EtcdCluster.start() : undefined;
test.after.always(() => etcd?.close());

export function etcdTest(title: string, body: (t: ExecutionContext, cluster: EtcdCluster) => Promise<void>): void {
	needing(etcdMissing)(title, t => body(t, etcd as EtcdCluster));
}
