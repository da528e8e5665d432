/**
 * Times as they are written. `JSON.parse` rounds what a double cannot hold, and two moments that are rounded to one count as
 * overlapping: nanoseconds since 1970 would lose up to 128 of them, and stale reads with them. So a number is taken from the
 * text, and is either exact or refused.
 */
import {show, type JsonFields} from './json-fields.js';

/** Two different decimals of so many digits are two different doubles. */
const exactDigits = 15;
const timeField = /"time"\s*:\s*(?<text>-?(?<whole>\d+)(?<rest>[.eE][-+.\deE]*)?)/gu;

export class JsonTimes {
	/** What the times of the history count from, as whole numbers beyond 2^53 are handled; 0 where none is that large. */
	#origin: bigint | undefined;

	get origin(): bigint {
		return this.#origin ?? 0n;
	}

	/** The line's `"time"`, counted from the origin. Throws a `HistoryError` if it is no number, or cannot be held exactly. */
	read(fields: JsonFields): number {
		const parsed = fields.get('time');
		if (typeof parsed !== 'number') throw fields.error('"time": a number, as on the first line', show(parsed));
		const {text = '', whole = '', rest} = this.#written(fields, parsed);
		if (rest === undefined) return this.#readWhole(fields, BigInt(text));
		const digits = (whole + rest.split(/[eE]/u)[0]).replaceAll(/\D/gu, '').replace(/^0+/u, '');
		if (digits.length <= exactDigits && Number.isFinite(parsed) && this.origin === 0n) {
			this.#origin ??= 0n;
			return parsed;
		}
		throw fields.error(`"time": a whole number, or one of at most ${exactDigits} digits`, text);
	}

	#readWhole(fields: JsonFields, time: bigint): number {
		this.#origin ??= Number.isSafeInteger(Number(time)) ? 0n : time;
		const since = Number(time - this.#origin);
		if (Number.isSafeInteger(since)) return since;
		throw fields.error(
			`"time": within 2^53 of ${this.#origin === 0n ? 'zero, as on the first line' : 'the first'}`,
			String(time),
		);
	}

	/** As it stands in the line. Inside a string the quotes have backslashes, so only a field can match. */
	#written(fields: JsonFields, parsed: number): Readonly<Record<string, string | undefined>> {
		const [match, ...more] = fields.text.matchAll(timeField);
		if (match?.groups !== undefined && more.length === 0 && Number(match.groups['text']) === parsed)
			return match.groups;
		throw fields.error('"time" once, in plain letters', fields.text);
	}
}
