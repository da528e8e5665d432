import {workerData} from 'node:worker_threads';
import {type ActorContext, ActorSystem} from '../../../actors/runtime/index.js';
import {intervalGauge, spinUs} from './load.js';
import type {Echo, MortalMessage, Relay, SinkMessage, WorkerData} from './worker-protocol.js';

const {port, name} = workerData as WorkerData;
const system = new ActorSystem({name});

system.spawn<Echo>(() => ({receive: ({value, replyTo}, context) => context.reply(replyTo, value)}), {name: 'echo'});

function receiveMortal(message: MortalMessage, context: ActorContext<MortalMessage>): void {
	switch (message.type) {
		case 'silent':
			return;
		case 'crash':
			throw new RangeError('crash');
		case 'reject':
			return context.reject(message.replyTo, Object.assign(new RangeError('no'), {code: 'ERR_NO', limit: 3}));
		case 'uncloneable':
			return context.reply(message.replyTo, () => 'a function');
		case 'stop':
			return context.stop();
		case 'exit':
			process.exit(0);
			break;
		case 'throwUncaught':
			setImmediate(() => {
				throw new Error('uncaught');
			});
			return;
		case 'stopSystem':
			void system.stop();
	}
}

system.spawn<MortalMessage>(() => ({receive: receiveMortal}), {name: 'mortal', supervision: {strategy: 'stop'}});

system.spawn<Relay>(
	() => ({
		receive({target, report}, context) {
			context.system.watch(context.system.resolve(target), reason => {
				context.system.resolve(report).tell(`ended: ${reason.type}`);
			});
		},
	}),
	{name: 'relay'},
);

system.spawn<SinkMessage>(
	() => {
		const gauge = intervalGauge(10);
		let worked = 0;
		return {
			receive(message, context) {
				if (message.type === 'report') return context.reply(message.replyTo, {worked, ...gauge.stop()});
				spinUs(message.busyUs);
				worked++;
			},
		};
	},
	{name: 'sink', mailbox: {capacity: 1_000_000}},
);

system.spawn<string>(
	() => ({receive: () => undefined, started: ({timers}) => timers.startPeriodic('tick', 'tick', 5)}),
	{name: 'ticker'},
);

system.connect(port);
