/** A program with a listener that throws. Prints what another one was told, and what the process had to catch. */
import {setTimeout as sleep} from 'node:timers/promises';
import {Cluster} from '../../actors/index.js';
import type {LedgerTypes} from '../../examples/ledger.js';

const thrown: string[] = [];
process.on('uncaughtException', error => thrown.push(error.message));

const cluster = await Cluster.start<LedgerTypes>({machine: new URL('../../examples/ledger.js', import.meta.url)});
const clerk = cluster.machineClerk();
await clerk.write({type: 'open', account: 'alice', cents: 100});
await clerk.write({type: 'open', account: 'bob', cents: 0});
const told: number[] = [];
await cluster.onEffect(({cents}) => {
	throw new Error(`of ${cents}`);
});
await cluster.onEffect(({cents}) => told.push(cents));
for (const cents of [1, 2, 3]) await clerk.write({type: 'transfer', from: 'alice', to: 'bob', cents});
for (let tries = 0; thrown.length < 3 && tries < 3000; tries++) await sleep(10);
console.log(JSON.stringify({told, thrown}));
await cluster.close();
