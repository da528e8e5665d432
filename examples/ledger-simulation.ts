/**
 * The ledger in the simulator: what clients ask of it, and what must hold of it whatever they ask.
 *
 *     threadraft simulate --machine ./ledger-simulation.js --seeds 1000
 *     simulate({seed: 1, machine: ledger, draw, invariant});
 */
import type {DrawnOperation, Random, StateMachine} from 'threadraft/simulation';
import type {LedgerTypes} from './ledger.js';

export {default} from './ledger.js';

const accounts = ['alice', 'bob', 'carol', 'dave'] as const;
/** Each account is opened with so much: so the whole ledger holds a multiple of it, whatever is transferred. */
const openingCents = 100;

/** What a client asks for next. */
export function draw(random: Random): DrawnOperation<LedgerTypes> {
	const [account, other] = [random.pick(accounts), random.pick(accounts)];
	if (random.chance(0.1)) return {write: {type: 'open', account, cents: openingCents}};
	if (random.chance(0.6)) {
		return {write: {type: 'transfer', from: account, to: other, cents: random.integer(1, openingCents)}};
	}
	return {read: random.chance(0.8) ? {type: 'balance', account} : {type: 'total'}};
}

/** What is wrong with a ledger; `undefined`: nothing. */
export function invariant(ledger: StateMachine<LedgerTypes>): string | undefined {
	const total = ledger.read({type: 'total'});
	if (total.type !== 'cents' || (total.cents ?? 0) % openingCents !== 0) {
		return `money was made or lost: ${JSON.stringify(total)}`;
	}
	for (const account of accounts) {
		const balance = ledger.read({type: 'balance', account});
		if (balance.type === 'cents' && (balance.cents ?? 0) < 0) return `${account} owes ${balance.cents} cents`;
	}
	return undefined;
}
