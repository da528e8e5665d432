/** What COMMAND tells about a command: all that is known of it without carrying it out. */

/** Which arguments (the name is argument 0): from `first` on, every `step`-th, up to `last`; negative counts from the end. */
export interface ArgumentRange {
	readonly first: number;
	readonly last: number;
	readonly step: number;
}

export interface CommandDescription {
	/** In lower case; a subcommand's is `container|name`. */
	readonly name: string;
	/** Parts of a request, the name included; negative: at least so many. */
	readonly arity: number;
	/** As COMMAND INFO shows them. */
	readonly flags: readonly string[];
	readonly group: 'string' | 'bitmap' | 'generic' | 'connection' | 'server' | 'pubsub' | 'transactions' | 'scripting';
	readonly summary: string;
	/** The Redis version whose behaviour is followed first had it. */
	readonly since: string;
	/** Reads keys that it does not name. @default false */
	readonly usesData?: boolean;
	/** Held against the limit of keys. */
	readonly keys?: ArgumentRange;
	/** Held against the limit of values. */
	readonly values?: ArgumentRange;
	/** By the last part of their names. */
	readonly subcommands?: ReadonlyMap<string, CommandDescription>;
}
