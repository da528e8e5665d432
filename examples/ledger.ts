/**
 * A bank's ledger as a state machine: accounts with whole cents, and transfers that happen as a whole or not at all.
 *
 *     const cluster = await Cluster.start<LedgerTypes>({machine: new URL('./ledger.js', import.meta.url)});
 *     const clerk = cluster.machineClerk();
 *     await clerk.write({type: 'transfer', from: 'alice', to: 'bob', cents: 250});
 */
import {defineMachine} from 'threadraft/machine';

export type LedgerWrite =
	| {readonly type: 'open'; readonly account: string; readonly cents: number}
	| {readonly type: 'transfer'; readonly from: string; readonly to: string; readonly cents: number};

export type LedgerRead = {readonly type: 'balance'; readonly account: string} | {readonly type: 'total'};

export type LedgerResult =
	| {readonly type: 'done'; readonly transfers: number}
	/** Nothing changed. */
	| {readonly type: 'refused'; readonly reason: 'accountExists' | 'noSuchAccount' | 'notEnoughMoney'}
	/** `undefined`: there is no such account. */
	| {readonly type: 'cents'; readonly cents: number | undefined};

export interface LedgerTypes {
	readonly write: LedgerWrite;
	readonly read: LedgerRead;
	readonly result: LedgerResult;
	/** Told on every replica for each transfer. */
	readonly effect: {readonly from: string; readonly to: string; readonly cents: number};
}

interface Ledger {
	readonly accounts: Map<string, number>;
	transfers: number;
}

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= 100;
const isCents = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** The fields of a record, whatever it is. */
const fieldsOf = (value: unknown): Record<string, unknown> =>
	typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

function parseWrite(value: unknown): LedgerWrite | undefined {
	const {type, account, from, to, cents} = fieldsOf(value);
	if (!isCents(cents)) return undefined;
	if (type === 'open' && isName(account)) return {type, account, cents};
	if (type === 'transfer' && isName(from) && isName(to)) return {type, from, to, cents};
	return undefined;
}

function parseRead(value: unknown): LedgerRead | undefined {
	const {type, account} = fieldsOf(value);
	if (type === 'total') return {type};
	return type === 'balance' && isName(account) ? {type, account} : undefined;
}

function open({accounts, transfers}: Ledger, account: string, cents: number): LedgerResult {
	if (accounts.has(account)) return {type: 'refused', reason: 'accountExists'};
	accounts.set(account, cents);
	return {type: 'done', transfers};
}

function transfer(ledger: Ledger, {from, to, cents}: Extract<LedgerWrite, {type: 'transfer'}>): LedgerResult {
	const {accounts} = ledger;
	const held = accounts.get(from);
	if (held === undefined || !accounts.has(to)) return {type: 'refused', reason: 'noSuchAccount'};
	if (held < cents) return {type: 'refused', reason: 'notEnoughMoney'};
	accounts.set(from, held - cents);
	accounts.set(to, (accounts.get(to) ?? 0) + cents);
	ledger.transfers += 1;
	return {type: 'done', transfers: ledger.transfers};
}

export default defineMachine<LedgerTypes, Ledger>({
	name: 'ledger',
	parseWrite,
	parseRead,
	create: () => ({accounts: new Map(), transfers: 0}),
	apply: (ledger, write, place) => {
		if (write.type === 'open') return open(ledger, write.account, write.cents);
		const result = transfer(ledger, write);
		if (result.type === 'done') place.emit({from: write.from, to: write.to, cents: write.cents});
		return result;
	},
	read: ({accounts}, read) => {
		if (read.type === 'balance') return {type: 'cents', cents: accounts.get(read.account)};
		let cents = 0;
		for (const balance of accounts.values()) cents += balance;
		return {type: 'cents', cents};
	},
	// Accounts in the order of their opening, which is the same on every replica.
	items: ({accounts, transfers}) => [transfers, ...accounts],
	restore: ([transfers, ...accounts]) => {
		const pairs = accounts.filter((pair): pair is [string, number] => Array.isArray(pair) && pair.length === 2);
		if (!isCents(transfers) || pairs.length < accounts.length) return undefined;
		return {accounts: new Map(pairs), transfers};
	},
});
