/** Mistakes with scripts: what they leave half done, what they see of themselves, and what a retry does. */
import {plant, type Mutant} from './mutant.js';

export const scriptMutants: readonly Mutant[] = [
	plant(
		'script-half-applied',
		'a script that fails keeps what it has written before',
		'Redis: a script that fails is not rolled back (EVAL, "Atomicity of scripts")',
		'kv/script/script-runner',
		'return failed(version, this.#textOf(error, script));',
		'overlay.apply();\n            return failed(version, this.#textOf(error, script));',
	),
	plant(
		'script-run-twice',
		'the result of a script is not kept, so that a retry runs it again',
		'dissertation §6.3; an EVAL whose answer was lost',
		'service/replicated-state',
		'this.#sessions.keep(session, sequence, result);',
		"if (result.type !== 'result' || result.result.type !== 'scripted') this.#sessions.keep(session, sequence, result);",
	),
	plant(
		'script-blind-to-itself',
		'a command of a script does not see what an earlier one of the same script has written',
		'read your writes (Terry and others 1994), within one transaction',
		'kv/script/overlay',
		'if (!this.#changes.has(key))',
		'if (this.#store.get(key) !== undefined || !this.#changes.has(key))',
	),
	plant(
		'script-deadline-lost',
		'what a script writes has no deadline, though the script gave one',
		'a change that is held back loses what it carries besides its value',
		'kv/script/overlay',
		'this.#store.set(key, change.value, change.version, change.expiresAt);',
		'this.#store.set(key, change.value, change.version, 0);',
	),
];
