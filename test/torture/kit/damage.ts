/** What can become of a file: each shape as a function of its bytes. */
import {appendFileSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {Random} from '../../../src/base/random.js';
import {randomBytes} from './junk.js';

type Shape = (bytes: Buffer, random: Random) => Buffer | undefined;

const shapes: Readonly<Record<string, Shape>> = {
	missing: () => undefined,
	empty: () => Buffer.alloc(0),
	zeroed: bytes => Buffer.alloc(bytes.length),
	'cut short': (bytes, random) => bytes.subarray(0, random.integer(0, Math.max(0, bytes.length - 1))),
	'cut to whole sectors': (bytes, random) => bytes.subarray(0, 512 * random.integer(0, Math.floor(bytes.length / 512))),
	'zeroed from somewhere on': (bytes, random) => {
		const at = random.integer(0, bytes.length);
		return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(bytes.length - at)]);
	},
	'one bit turned': (bytes, random) => {
		const damaged = Buffer.from(bytes);
		const at = random.integer(0, Math.max(0, bytes.length - 1));
		if (damaged.length > 0) damaged[at] = (damaged[at] ?? 0) ^ (1 << random.integer(0, 7));
		return damaged;
	},
	'a sector of junk': (bytes, random) => {
		const damaged = Buffer.from(bytes);
		const at = 512 * random.integer(0, Math.floor(bytes.length / 512));
		damaged.set(randomBytes(random, 512).subarray(0, damaged.length - at), at);
		return damaged;
	},
};

export const shapeNames = Object.keys(shapes);

export function damage(file: string, shape: string, random: Random): void {
	const damaged = shapes[shape]?.(readFileSync(file), random);
	if (damaged === undefined) rmSync(file);
	else writeFileSync(file, damaged);
}

/** Bytes behind the end. */
export function grow(file: string, random: Random): void {
	appendFileSync(file, random.chance(0.5) ? Buffer.alloc(random.integer(1, 4096)) : randomBytes(random, 4096));
}

export function swap(directory: string, one: string, other: string): void {
	const [first, second] = [path.join(directory, one), path.join(directory, other)];
	renameSync(first, `${first}.swap`);
	renameSync(second, first);
	renameSync(`${first}.swap`, second);
}
