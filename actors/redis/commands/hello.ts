import {type Access, wrongPassword} from '../access.js';
import {parseInt64} from '../int64.js';
import type {ProtocolVersion, ReplyWriter} from '../reply-writer.js';
import type {ClientState} from '../client-state.js';
import type {RefusedModes} from '../refused-modes.js';
import {invalidName, isValidName} from './client-names.js';
import {partAt, type Plan, refuse, textAt} from './command.js';
import {quoted} from './quoted.js';

/** The Redis whose behaviour the gateway follows; clients look at it to know what they may ask for. */
export const compatibleVersion = '7.0.0';
const helloNeedsPassword =
	'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time';

/** HELLO [protocol [AUTH user password] [SETNAME name]]: asks for a protocol, and is answered in it. */
export function planHello(parts: readonly Buffer[], _: unknown, {access}: RefusedModes): Plan {
	if (parts.length === 1) return access.isGranted ? {type: 'local', reply: replyHello} : refuse(helloNeedsPassword);
	const asked = parseInt64(partAt(parts, 1));
	if (asked === undefined) return refuse('ERR Protocol version is not an integer or out of range');
	const protocol: ProtocolVersion | undefined = asked === 2n ? 2 : asked === 3n ? 3 : undefined;
	if (protocol === undefined) return refuse('NOPROTO unsupported protocol version');
	const {name, error} = takeOptions(parts, access);
	const refusal = error ?? (access.isGranted ? undefined : helloNeedsPassword);
	return {
		type: 'local',
		changesModes: true,
		reply(out, clientState) {
			if (name !== undefined) clientState.name = name;
			if (refusal !== undefined) {
				out.error(refusal);
				return;
			}
			out.protocol = protocol;
			clientState.protocol = protocol;
			replyHello(out, clientState);
		},
	};
}

/** As in Redis 7.0 each option has its effect at once: an error in a later one takes nothing back. */
function takeOptions(
	parts: readonly Buffer[],
	access: Access,
): {readonly name: string | undefined; readonly error?: string} {
	let name: string | undefined;
	for (let at = 2; at < parts.length; at++) {
		const option = textAt(parts, at).toLowerCase();
		if (option === 'auth' && at + 2 < parts.length) {
			if (!access.authenticate(partAt(parts, at + 1), partAt(parts, at + 2))) return {name, error: wrongPassword};
			at += 2;
		} else if (option === 'setname' && at + 1 < parts.length) {
			const asked = textAt(parts, ++at);
			if (!isValidName(asked)) return {name, error: invalidName('Client names')};
			name = asked;
		} else {
			return {name, error: `ERR Syntax error in HELLO option '${quoted(textAt(parts, at))}'`};
		}
	}
	return {name};
}

function replyHello(out: ReplyWriter, clientState: ClientState): void {
	out.map(7);
	out.bulk('server');
	out.bulk('redis');
	out.bulk('version');
	out.bulk(compatibleVersion);
	out.bulk('proto');
	out.integer(out.protocol);
	out.bulk('id');
	out.integer(clientState.id);
	out.bulk('mode');
	out.bulk('standalone');
	out.bulk('role');
	out.bulk('master');
	out.bulk('modules');
	out.array(0);
}
