/** Each line that breaks something, and the faults that it sets. Node 1 leads. */
import test from 'ava';
import {runScript} from './run-script.js';
import {MemoryTarget} from './memory-target.js';

const between = 'links.from=nodes links.to=nodes';

const sets = test.macro({
	title: (_ = '', line: string) => line,
	exec: async (t, line: string, faults: readonly string[]) => {
		const target = new MemoryTarget();
		const {status, output} = await runScript(line, target);
		t.is(status, 0, output);
		t.deepEqual(
			target.calls,
			faults.map(fault => `inject ${fault}`),
		);
	},
});

test(sets, 'drop 10%', [`loss ${between} probability=0.1`]);
test(sets, 'drop .5 0->1', ['loss links.from=node:0 links.to=node:1 probability=0.5']);
test(sets, 'drop 1 leader', [
	'loss links.from=node:1 links.to=nodes probability=1',
	'loss links.from=nodes links.to=node:1 probability=1',
]);
test(sets, 'drop 1% 0,2<->clients', [
	'loss links.from=[node:0,node:2] links.to=clients probability=0.01',
	'loss links.from=clients links.to=[node:0,node:2] probability=0.01',
]);
test(sets, 'delay 20', [`delay ${between} delay.type=fixed delay.ms=20`]);
test(sets, 'delay 5ms..1s all', [
	'delay links.from=everyone links.to=everyone delay.type=uniform delay.minMs=5 delay.maxMs=1000',
]);
test(sets, 'duplicate 20% 0 -> 2', [
	'duplicate links.from=node:0 links.to=node:2 probability=0.2 copyDelay.type=uniform copyDelay.minMs=0 copyDelay.maxMs=20',
]);
test(sets, 'reorder 20% 50ms', [`reorder ${between} probability=0.2 delay.type=fixed delay.ms=50`]);
test(sets, 'bandwidth 100kB/s', [`throttle ${between} bytesPerSecond=100000 queueBytesMax=65536`]);
test(sets, 'clog 2s leader->0', ['clog links.from=node:1 links.to=node:0 untilMs=2000']);
test(sets, 'cut 0->1', ['cut links.from=node:0 links.to=node:1']);
test(sets, 'flap 300ms 700ms 0', [
	'flapping links.from=node:0 links.to=nodes downMs=300 upMs=700',
	'flapping links.from=nodes links.to=node:0 downMs=300 upMs=700',
]);
test(sets, 'oneway 0 -> 2', ['cut links.from=[node:0] links.to=[node:2]']);
test(sets, 'oneway leader -> 0,1,2', ['cut links.from=[node:1] links.to=[node:0,node:2]']);
test(sets, 'partition 0,2 | leader', ['partition groups=[[node:0,node:2],[node:1]] oneWay=false']);
test(sets, 'partition leader', ['partition groups=[[node:1]] oneWay=false']);
test(sets, 'bridge 1', ['partition groups=[[node:0,node:1],[node:1,node:2]] oneWay=false']);
test(sets, 'isolate leader out', ['isolate endpoint=node:1 clients=false direction=outbound']);
test(sets, 'reordering on', ['longReordering']);
test(sets, 'longdelays on', ['longDelays']);
test(sets, 'pause 0 2s clock', ['pause node=0 durationMs=2000 clockStops=true']);
test(sets, 'slow leader 10x', ['slowNode node=1 factor=10']);
test(sets, 'crashloop 2', ['crashLoop node=2 upMs=500']);
test(sets, 'wipe 2', ['crash node=2 disk=wiped']);
test(sets, 'disk 2 slow 20ms', ['slowSync node=2 delay.type=fixed delay.ms=20']);
test(sets, 'disk leader stall', ['stalledSync node=1']);
test(sets, 'disk 0 fail write', ['operationError node=0 operation=write probability=1']);
test(sets, 'disk 0 full', ['diskFull node=0']);
test(sets, 'clock 1 +500ms', ['clockJump node=1 byMs=500']);
test(sets, 'clock 1 -2s', ['clockJump node=1 byMs=-2000']);
test(sets, 'clock leader x1.5', ['clockDrift node=1 rate=1.5']);
