import {RedisCaller} from '../kit/caller.js';
import {connectRedis} from '../kit/connect-redis.js';
import {FailingDevice, whyNoFailingDevice} from '../kit/disk-shim.js';
import {Server} from '../kit/server.js';
import {ServiceLoad} from '../kit/service-load.js';
import type {Row} from '../row.js';

const clients = 8;
const faultsPerLoad = 8;

export const deadDevice: Row = {
	name: 'dead-device',
	title:
		'a device that gives nothing but EIO under a whole process, or is slow, costs time and nothing else: service comes back by itself',
	weight: 70,
	shortMs: 2000,
	isInTests: true,
	missing: whyNoFailingDevice,
	run: async trial => {
		const directory = await trial.makeFolder('data');
		const device = FailingDevice.make(trial, directory);
		const server = new Server(trial, {args: {nodes: 3, directory, maxRaftState: 64 * 1024}, env: device.env});
		const port = await server.ready();
		for (let round = 0; round === 0 || !trial.isOver; round++) {
			const load = ServiceLoad.start(trial, {
				prefix: `r${round}/`,
				connect: () => Promise.resolve(new RedisCaller(connectRedis(port))),
				clients,
				thinkMs: 10,
				hasConditions: false,
				reconnects: true,
			});
			await load.served('before the first fault');
			for (let count = 0; count === 0 || (count < faultsPerLoad && !trial.isOver); count++) {
				const mode = trial.random.pick(['eio', 'eio', 'slow'] as const);
				device.set(mode, true);
				trial.fault();
				await trial.sleep(trial.random.integer(500, trial.isLong ? 5000 : 2000));
				device.set(mode, false);
				await load.served(`after the device was ${mode}`);
				trial.tell(`${trial.figures.faults} faults`);
			}
			await load.stop();
			trial.demand(!server.hasExited, `the process ended: ${server.errors.slice(-500)}`);
		}
	},
};
