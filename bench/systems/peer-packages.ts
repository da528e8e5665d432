/** The packages of other Rafts. Not dependencies: bench/peers has a package.json of its own, to be installed by whoever wants them. */
import {createRequire} from 'node:module';
import {existsSync} from 'node:fs';

/** Beside this file's source: dist has no node_modules. */
const folder = new URL('../../../bench/peers/', import.meta.url);
const requireFrom = createRequire(new URL('package.json', folder));

/** Throws when it is not installed; see `notInstalled`. */
export const requirePeer = (name: string): Record<string, never> => requireFrom(name) as Record<string, never>;

/** Says what to do about it; `undefined`: it is installed. */
export const notInstalled = (name: string): string | undefined =>
	existsSync(new URL(`node_modules/${name}`, folder))
		? undefined
		: `${name} is not installed: npm install --prefix bench/peers`;
