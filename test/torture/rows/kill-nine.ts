import {RedisCaller} from '../kit/caller.js';
import {connectRedis} from '../kit/connect-redis.js';
import {Ledger} from '../kit/ledger.js';
import {Server} from '../kit/server.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const clients = 8;
/** From the start of the process: so some die before they have read their logs, and some while they write a snapshot. */
const upMsMax = 2000;
const shortUpMsMax = 800;
/** Every so often all is read back; between two of these, a process may be killed again at once. */
const auditEvery = 4;

export const killNine: Row = {
	name: 'kill-nine',
	title:
		'a process that is killed with SIGKILL, again and again on one directory, keeps every acknowledged write, once',
	weight: 800,
	shortMs: 4000,
	isInTests: true,
	run: async trial => {
		const directory = await trial.makeFolder('data');
		const ledgers = Array.from({length: clients}, (_, client) => new Ledger(`k${client}`));
		// Half of them write a snapshot every few hundred operations.
		const start = (round: number): Server =>
			new Server(trial, {
				args: round % 2 === 0 ? ['--nodes', '3', '--dir', directory] : {nodes: 3, directory, maxRaftState: 16 * 1024},
			});
		for (let round = 1; round <= 2 || !trial.isOver; round++) {
			await killOnce(trial, start(round), ledgers);
			trial.signal.throwIfAborted();
			trial.note('kills', round);
			if (round % auditEvery === 2) await audit(trial, start(round + 1), ledgers);
			trial.tell(`${round} kills, ${acknowledged(ledgers)} writes acknowledged`);
		}
		await audit(trial, start(0), ledgers);
		trial.operation(acknowledged(ledgers));
	},
};

const acknowledged = (ledgers: readonly Ledger[]): number =>
	ledgers.reduce((sum, ledger) => sum + ledger.acknowledged, 0);

async function killOnce(trial: Trial, server: Server, ledgers: readonly Ledger[]): Promise<void> {
	const most = trial.isLong ? upMsMax : shortUpMsMax;
	const upMs = trial.random.integer(0, most);
	// Half of them at their start; the others after their clients have begun to write.
	const early = trial.random.chance(0.3);
	const writers = server.ready().then(
		async port => Promise.all(ledgers.map(ledger => write(port, ledger))),
		// Killed before it was ready.
		() => undefined,
	);
	if (!early) await Promise.race([server.ready().catch(() => undefined), server.exit]);
	await trial.sleep(upMs);
	trial.demand(!server.hasExited, `the process ended by itself:\n${server.output}\n${server.errors}`);
	trial.fault();
	await server.kill();
	await writers;
}

/** Until the connection breaks. What is under way then has an unknown outcome. */
async function write(port: number, ledger: Ledger): Promise<void> {
	const caller = new RedisCaller(connectRedis(port));
	try {
		for (;;) {
			await ledger.append(caller);
			await ledger.step(caller);
		}
	} catch (error) {
		if (error instanceof TypeError) throw error;
		caller.close();
	}
}

async function audit(trial: Trial, server: Server, ledgers: readonly Ledger[]): Promise<void> {
	const caller = new RedisCaller(connectRedis(await server.ready()));
	for (const ledger of ledgers) for (const fault of await ledger.audit(caller)) trial.find(fault);
	caller.close();
	await server.kill();
}
