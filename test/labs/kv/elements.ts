import assert from 'node:assert/strict';

/** What a client appends the `number`th time: found again in the value, and no part of another one. */
export const element = (client: number, number: number): string => `x ${client} ${number} y`;

/** Each of the client's first `count` elements is in the value exactly once, and they are in order. */
export function checkElements(client: number, value: string, count: number): void {
	let end = -1;
	for (let number = 0; number < count; number++) {
		const wanted = element(client, number);
		const offset = value.indexOf(wanted);
		assert(offset >= 0, `missing element '${wanted}' of client ${client}`);
		assert(value.lastIndexOf(wanted) === offset, `duplicate element '${wanted}' of client ${client}`);
		assert(offset > end, `wrong order of element '${wanted}' of client ${client}`);
		end = offset;
	}
}
