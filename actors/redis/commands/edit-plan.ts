/** Commands that compute what they write from what is there: each is an edit, one operation of the machine. */
import {editOf} from '../../../src/kv/edits/edit-words.js';
import type {Edit, EditName} from '../../../src/kv/types.js';
import {expectResult, keyAt, type Plan, valueAt} from './command.js';
import {writeReply} from './script-reply.js';

export const planEdit = (edit: Edit): Plan => ({
	type: 'write',
	operation: {type: 'edit', ...edit},
	reply: (out, result) => writeReply(out, expectResult(result, 'scripted').reply),
});

/** The command is the edit of this name. */
export const editCommand =
	(name: Exclude<EditName, 'copy' | 'move'>) =>
	(parts: readonly Buffer[]): Plan =>
		planEdit(
			editOf(
				name,
				parts.length,
				place => keyAt(parts, place),
				place => valueAt(parts, place),
			),
		);
