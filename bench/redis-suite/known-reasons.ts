/**
 * Why tests of the suite cannot be ok, where the reply does not say it by itself: what they want that is not offered, or what
 * is other on purpose.
 */
export interface KnownReason {
	readonly kind: 'absent' | 'different';
	readonly reason: string;
}

const absent = (reason: string): KnownReason => ({kind: 'absent', reason});
const different = (reason: string): KnownReason => ({kind: 'different', reason});

const lists = absent('lists, from a script');
const blocking = absent('a command that blocks, from a script');
const largeValues = different('a value has at most 1 MiB');
const scriptDebug = absent('DEBUG, from a script');

const protocols = ['RESP2/2', 'RESP2/3', 'RESP3/2', 'RESP3/3'];
const replyTypes = ['big number', 'malformed big number', 'map', 'set', 'double', 'null', 'verbatim', 'true', 'false'];
/** Each of these tests is there twice: the first as a function of Redis. */
const protocolTests = protocols.flatMap(protocol =>
	replyTypes.map(type => [`test ${protocol} ${type} protocol parsing (2)`, scriptDebug] as const),
);

export const knownReasons: Readonly<Record<string, Readonly<Record<string, KnownReason>>>> = {
	'type/string': {
		'Very big payload in GET/SET': largeValues,
		'trim on SET with big value': absent('DEBUG, where INFO names jemalloc'),
		'SETRANGE against integer-encoded key': different('OBJECT ENCODING tells that of a value that SET has stored'),
	},
	keyspace: {
		'MOVE basic usage': absent('XADD, in the test before it, which clears the database at its end'),
	},
	scripting: {
		"EVAL - Scripts can't run blpop command (2)": blocking,
		"EVAL - Scripts can't run brpop command (2)": blocking,
		"EVAL - Scripts can't run brpoplpush command (2)": blocking,
		"EVAL - Scripts can't run blmove command (2)": blocking,
		"EVAL - Scripts can't run bzpopmin command (2)": blocking,
		"EVAL - Scripts can't run bzpopmax command (2)": blocking,
		'EVAL - redis.call variant raises a Lua error on Redis cmd error (1) (6)': lists,
		'EVAL - JSON smoke test (2)': different('cjson has no settings'),
		'random numbers are random now': different('math.random draws the same numbers in each run, on each replica'),
		'Call Redis command with many args from Lua (issue #1764) (2)': lists,
		'Script check unpack with massive arguments (2)': lists,
		'Binary code loading failed (2)': different('there is no string.dump'),
		'Script return recursive object (2)': different('a reply that never ends is an error, and not its beginning'),
		'Script block the time during execution (2)': scriptDebug,
		...Object.fromEntries(protocolTests),
		'test resp3 attribute protocol parsing (2)': scriptDebug,
	},
	multi: {
		'MULTI with config error': different('CONFIG SET cannot be queued: it asks the cluster'),
	},
	introspection: {
		'MONITOR can log commands issued by the scripting engine': different(
			'MONITOR shows what the port takes in: the script, not what each replica does for it',
		),
		'CONFIG GET hidden configs': different('CONFIG GET tells the settings that the port has'),
		'CONFIG GET multiple args': different('CONFIG GET tells the settings that the port has'),
	},
	other: {
		'RESET clears client state': absent('CLIENT TRACKING'),
	},
};
