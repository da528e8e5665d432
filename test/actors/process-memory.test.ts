import {totalmem} from 'node:os';
import test from 'ava';
import {controlGroupBytes, processMemoryBytes} from '../../actors/process-memory.js';

const bytesOf = (files: Readonly<Record<string, string>>): number => controlGroupBytes(file => files[file]);

test('the smallest limit of a control group and those around it counts', t => {
	t.is(
		bytesOf({
			'/proc/self/cgroup': '0::/outer/inner\n',
			'/sys/fs/cgroup/outer/inner/memory.max': 'max\n',
			'/sys/fs/cgroup/outer/memory.max': '3000\n',
			'/sys/fs/cgroup/memory.max': '5000\n',
		}),
		3000,
	);
	t.is(
		bytesOf({
			'/proc/self/cgroup': '9:name=systemd:/x\n4:memory:/outer/inner\n0::/x\n',
			'/sys/fs/cgroup/memory/outer/inner/memory.limit_in_bytes': '9223372036854771712\n',
			'/sys/fs/cgroup/memory/outer/memory.limit_in_bytes': '4000\n',
		}),
		4000,
	);
});

test('in a container, whose group has another name for the host, the limit of the root counts', t => {
	t.is(bytesOf({'/proc/self/cgroup': '0::/docker/abc\n', '/sys/fs/cgroup/memory.max': '7000\n'}), 7000);
});

test('without control groups the machine is the limit', t => {
	t.is(bytesOf({}), Infinity);
	const bytes = processMemoryBytes();
	t.true(bytes > 2 ** 20 && bytes <= totalmem());
});
