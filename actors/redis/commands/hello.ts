import {parseInt64} from '../int64.js';
import type {ProtocolVersion, ReplyWriter} from '../reply-writer.js';
import type {ClientState} from '../client-state.js';
import {invalidName, isValidName} from './client-names.js';
import {partAt, type Plan, refuse, textAt} from './command.js';
import {quoted} from './quoted.js';

/** The Redis whose behaviour the gateway follows; clients look at it to know what they may ask for. */
export const compatibleVersion = '7.0.0';
export const wrongPassword = 'WRONGPASS invalid username-password pair or user is disabled.';

/** HELLO [protocol [AUTH user password] [SETNAME name]]: asks for a protocol, and is answered in it. */
export function planHello(parts: readonly Buffer[]): Plan {
	if (parts.length === 1) return {type: 'local', reply: replyHello};
	const asked = parseInt64(partAt(parts, 1));
	if (asked === undefined) return refuse('ERR Protocol version is not an integer or out of range');
	const protocol: ProtocolVersion | undefined = asked === 2n ? 2 : asked === 3n ? 3 : undefined;
	if (protocol === undefined) return refuse('NOPROTO unsupported protocol version');
	const options = helloOptions(parts);
	if ('error' in options) return refuse(options.error);
	return {
		type: 'local',
		reply(out, clientState) {
			out.protocol = protocol;
			clientState.protocol = protocol;
			if (options.name !== undefined) clientState.name = options.name;
			replyHello(out, clientState);
		},
	};
}

function helloOptions(parts: readonly Buffer[]): {readonly name: string | undefined} | {readonly error: string} {
	let name: string | undefined;
	for (let at = 2; at < parts.length; at++) {
		const option = textAt(parts, at).toLowerCase();
		if (option === 'auth' && at + 2 < parts.length) {
			if (textAt(parts, at + 1) !== 'default') return {error: wrongPassword};
			at += 2;
		} else if (option === 'setname' && at + 1 < parts.length) {
			name = textAt(parts, ++at);
			if (!isValidName(name)) return {error: invalidName('Client names')};
		} else {
			return {error: `ERR Syntax error in HELLO option '${quoted(textAt(parts, at))}'`};
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
