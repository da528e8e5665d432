/**
 * Protocol buffers out of tables: a message is a record of its fields, each with its number, and the types follow from the
 * table. The bytes are made and read by @bufbuild/protobuf.
 */
import {BinaryReader, BinaryWriter, WireType} from '@bufbuild/protobuf/wire';

/** `T`: what is written. `D`: what is read, also when the field is absent. */
export interface Field<T, D = T> {
	readonly number: number;
	readonly write: (writer: BinaryWriter, value: T) => void;
	/** `before`: what this field had so far; a repeated field grows. */
	readonly read: (reader: BinaryReader, before: unknown) => D;
	/** When the message does not have it. */
	readonly absent: D;
}

type AnyField = Field<never, unknown>;
export type Fields = Readonly<Record<string, AnyField>>;
/** A message to send: what is left out is not written. */
export type Draft<F extends Fields> = {readonly [K in keyof F]?: F[K] extends Field<infer T, infer _> ? T : never};
/** A message that was read. */
export type Decoded<F extends Fields> = {readonly [K in keyof F]: F[K] extends Field<never, infer D> ? D : never};

const nothing = new Uint8Array(0);

export const bytes = (number: number): Field<Uint8Array> => ({
	number,
	write: (writer, value) => writer.tag(number, WireType.LengthDelimited).bytes(value),
	read: reader => reader.bytes(),
	absent: nothing,
});

/** The first one makes the array that the others join: copying it each time would be quadratic. */
const grown = <T>(soFar: T[]): T[] => (soFar.length === 0 ? [] : soFar);

export const bytesList = (number: number): Field<readonly Uint8Array[]> => ({
	number,
	write: (writer, values) => {
		for (const value of values) writer.tag(number, WireType.LengthDelimited).bytes(value);
	},
	read: (reader, before) => {
		const values = grown(before as Uint8Array[]);
		values.push(reader.bytes());
		return values;
	},
	absent: [],
});

export const text = (number: number): Field<string> => ({
	number,
	write: (writer, value) => writer.tag(number, WireType.LengthDelimited).string(value),
	read: reader => reader.string(),
	absent: '',
});

export const flag = (number: number): Field<boolean> => ({
	number,
	write: (writer, value) => writer.tag(number, WireType.Varint).bool(value),
	read: reader => reader.bool(),
	absent: false,
});

/** 64 bits with a sign, of which we use what a double holds exactly: revisions, counts, seconds. Also for enums. */
export const count = (number: number): Field<number> => ({
	number,
	write: (writer, value) => writer.tag(number, WireType.Varint).int64(value),
	read: reader => Number(reader.int64()),
	absent: 0,
});

/** 64 bits that are a name and no number. */
export const id = (number: number): Field<bigint> => ({
	number,
	write: (writer, value) => writer.tag(number, WireType.Varint).uint64(value),
	read: reader => BigInt(reader.uint64()),
	absent: 0n,
});

export const message = <F extends Fields>(number: number, fields: F): Field<Draft<F>, Decoded<F> | undefined> => ({
	number,
	write: (writer, value) => {
		writer.tag(number, WireType.LengthDelimited).fork();
		writeFields(writer, fields, value);
		writer.join();
	},
	read: reader => decode(fields, reader.bytes()),
	absent: undefined,
});

export function repeated<F extends Fields>(
	number: number,
	fields: F,
): Field<readonly Draft<F>[], readonly Decoded<F>[]> {
	const one = message(number, fields);
	return {
		number,
		write: (writer, values) => {
			for (const value of values) one.write(writer, value);
		},
		read: (reader, before) => {
			const values = grown(before as Decoded<F>[]);
			values.push(decode(fields, reader.bytes()));
			return values;
		},
		absent: [],
	};
}

export function encode<F extends Fields>(fields: F, value: Draft<F>): Uint8Array {
	const writer = new BinaryWriter();
	writeFields(writer, fields, value);
	return writer.finish();
}

/** Skips what the table does not name. Throws an `Error` on bytes that are no protocol buffers. */
export function decode<F extends Fields>(fields: F, encoded: Uint8Array): Decoded<F> {
	const {names, absent} = layoutOf(fields);
	const value: Record<string, unknown> = {...absent};
	const reader = new BinaryReader(encoded);
	while (reader.pos < reader.len) {
		const [number, wireType] = reader.tag();
		const name = names.get(number);
		const field = name === undefined ? undefined : fields[name];
		if (name === undefined || field === undefined) reader.skip(wireType, number);
		else value[name] = field.read(reader, value[name]);
	}
	return value as Decoded<F>;
}

function writeFields<F extends Fields>(writer: BinaryWriter, fields: F, draft: Draft<F>): void {
	for (const [name, value] of Object.entries(draft)) {
		if (value !== undefined) fields[name]?.write(writer, value as never);
	}
}

interface Layout {
	readonly names: ReadonlyMap<number, string>;
	readonly absent: Readonly<Record<string, unknown>>;
}

const layouts = new WeakMap<Fields, Layout>();

function layoutOf(fields: Fields): Layout {
	const known = layouts.get(fields);
	if (known !== undefined) return known;
	const entries = Object.entries(fields);
	const layout = {
		names: new Map(entries.map(([name, {number}]) => [number, name])),
		absent: Object.fromEntries(entries.map(([name, {absent}]) => [name, absent])),
	};
	layouts.set(fields, layout);
	return layout;
}
