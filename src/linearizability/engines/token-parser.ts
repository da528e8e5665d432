/** Takes values apart into the unique tokens that they were written from. */
export class TokenParser {
	readonly #owners: ReadonlyMap<string, number>;
	readonly #lengths: readonly number[];

	private constructor(owners: ReadonlyMap<string, number>) {
		this.#owners = owners;
		this.#lengths = [...new Set([...owners.keys()].map(token => token.length))];
	}

	/** A string says why values could be taken apart in more than one way. */
	static create(tokens: Iterable<readonly [string, number]>): TokenParser | string {
		const owners = new Map<string, number>();
		for (const [token, owner] of tokens) {
			if (token === '') return 'an empty value was written';
			if (owners.has(token)) return 'a value was written twice';
			owners.set(token, owner);
		}
		return isPrefixFree([...owners.keys()]) ? new TokenParser(owners) : 'a written value is the beginning of another';
	}

	/** The owners of the tokens of `value`, in order; `undefined` if something in it was never written. */
	parse(value: string): number[] | undefined {
		const owners: number[] = [];
		let start = 0;
		while (start < value.length) {
			const length = this.#lengths.find(candidate => this.#owners.has(value.slice(start, start + candidate)));
			if (length === undefined) return undefined;
			owners.push(this.#owners.get(value.slice(start, start + length)) as number);
			start += length;
		}
		return owners;
	}
}

/** In sorted order a prefix stands right before what it begins, with only its other extensions in between. */
function isPrefixFree(tokens: string[]): boolean {
	tokens.sort();
	return tokens.every((token, place) => place === 0 || !token.startsWith(tokens[place - 1] as string));
}
