/**
 * The text of a script as a tree. `luaparse` knows the grammar of Lua 5.1, and needs nothing else.
 *
 * The machines of Lua that npm has do not fit a replicated machine: fengari 0.1.5 is Lua 5.3 with whole numbers of 32 bits
 * (`2147483647 + 1` is -2147483648, and `10 / 2` shows as "5.0"), so a script that reckons with milliseconds is wrong there;
 * wasmoon 1.16.0 is Lua 5.4 (`10 / 2` shows as "5.0" too), and wasmoon-lua5.1 1.18.10 the right Lua: both are WebAssembly that is
 * loaded from a file of its own by a promise, while a log is applied at once. lua-in-js 2.2.5 counts no steps. So the grammar
 * comes from npm, and what runs the tree is ours: numbers as in 5.1, steps and bytes that are counted, `pairs` in a fixed order.
 */
import luaparse, {type Chunk, type Expression} from 'luaparse';

/** The text is no Lua. */
export class LuaSyntaxError extends Error {
	readonly line: number;

	constructor(line: number, reason: string) {
		super(reason);
		this.line = line;
	}
}

/** Brackets, blocks and operators within each other: half of Lua's own limit. A tree that is deeper needs a stack of unknown size. */
export const nestingMax = 100;

const options = {
	wait: true,
	comments: false,
	scope: false,
	locations: true,
	ranges: true,
	luaVersion: '5.1',
	// Each character is a byte.
	encodingMode: 'pseudo-latin1',
} as const;

type Range = readonly [start: number, end: number];

export interface Tree {
	readonly chunk: Chunk;
	/** Whether the expression stands in brackets of its own, in which many values become one: the parser does not tell. */
	readonly isInBrackets: (node: Expression) => boolean;
}

/** `text`: a byte string. */
export function parseLua(text: string): Tree {
	try {
		const bracketed = lookThrough(text);
		const chunk = luaparse.parse(text, {...options, wait: false});
		return {chunk, isInBrackets: node => bracketed.has(rangeText((node as {range?: Range}).range ?? [0, 0]))};
	} catch (error) {
		if (error instanceof LuaSyntaxError || !(error instanceof SyntaxError)) throw error;
		const {line = 1} = error as {line?: number};
		throw new LuaSyntaxError(line, inWordsOfLua(error.message));
	}
}

/** The parser says what it expected; Lua says what it found. */
function inWordsOfLua(message: string): string {
	return message
		.replace(/^\[\d+:\d+\] /, '')
		.replace(/^<expression> expected near/, 'unexpected symbol near')
		.replace(/^<name> expected/, "'<name>' expected")
		.replace(/^unexpected symbol ('.') near .*$/s, 'unexpected symbol near $1')
		.replace(/^unexpected \w+ ('.*') near .*$/s, "'<eof>' expected near $1");
}

const openers = new Set(['(', '{', '[', 'function', 'do', 'then', 'repeat']);
const closers = new Set([')', '}', ']', 'end', 'until', 'elseif']);
/** What stands to the left of them waits until what stands to the right is known. */
const pending = new Set(['..', '^', 'not', '-', '#']);
const ends = new Set([',', ';', '=', 'and', 'or']);

const rangeText = ([start, end]: Range): string => `${start}-${end}`;

/** The numbers that the parser gives to kinds of tokens. */
const endOfText = 1;
const stringToken = 2;
const keywordToken = 4;
const nameToken = 8;

interface Token {
	readonly type: number;
	readonly value: unknown;
	readonly line: number;
	readonly range: Range;
}

/** A bracket or a block that is open. */
interface Open {
	/** Operators in it that wait. */
	waiting: number;
	/** Where what is in it begins, if it is a bracket around an expression; -1: that comes next. */
	readonly start: number | undefined;
}

/** What a bracket behind it calls. */
function isCallable(token: Token | undefined): boolean {
	if (token === undefined) return false;
	const {type, value} = token;
	return type === nameToken || type === stringToken || value === ')' || value === ']' || value === '}';
}

/**
 * Looks at each token before the parser does, which calls itself for what is nested, and refuses what is nested too much.
 * Returns the ranges of what is in brackets.
 */
function lookThrough(text: string): ReadonlySet<string> {
	const lexer = luaparse.parse('', options);
	lexer.write(text);
	const bracketed = new Set<string>();
	const opened: Open[] = [{waiting: 0, start: undefined}];
	let depth = 0;
	let before: Token | undefined;
	for (let token: Token = lexer.lex(); token.type !== endOfText; token = lexer.lex()) {
		const value = token.type === stringToken ? '' : String(token.value);
		let top = opened.at(-1) as Open;
		if (before?.value === '(' && top.start === -1) {
			top = {waiting: 0, start: token.range[0]};
			opened[opened.length - 1] = top;
		}
		if (openers.has(value)) {
			opened.push({waiting: 0, start: value === '(' && !isCallable(before) ? -1 : undefined});
			depth += 1;
		} else if (closers.has(value) && opened.length > 1) {
			opened.pop();
			depth -= 1 + top.waiting;
			if (top.start !== undefined && before !== undefined) bracketed.add(rangeText([top.start, before.range[1]]));
		} else if (pending.has(value)) {
			top.waiting += 1;
			depth += 1;
		} else if (ends.has(value) || token.type === keywordToken) {
			depth -= top.waiting;
			top.waiting = 0;
		}
		if (depth > nestingMax) throw new LuaSyntaxError(token.line, 'chunk has too many syntax levels');
		before = token;
	}
	return bracketed;
}
