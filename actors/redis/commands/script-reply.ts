import type {ScriptReply} from '../../../src/kv/types.js';
import type {ReplyWriter} from '../reply-writer.js';

/** What a script or an edit answers, as RESP. */
export function writeReply(out: ReplyWriter, reply: ScriptReply): void {
	if (reply === undefined) return out.null();
	if (typeof reply === 'string') return out.bulk(reply);
	if (typeof reply === 'bigint') return out.integer(reply);
	if (typeof reply === 'boolean') return out.boolean(reply);
	switch (reply.type) {
		case 'status':
			return out.status(reply.text.replaceAll(/[\r\n]/g, ' '));
		case 'error':
			return out.error(reply.text);
		case 'double':
			return out.double(reply.value);
		case 'list':
			out.array(reply.items.length);
			break;
		case 'set':
			out.set(reply.items.length);
			break;
		case 'map':
			out.map(reply.items.length / 2);
			break;
		default:
			return reply satisfies never;
	}
	for (const item of reply.items) writeReply(out, item);
}
