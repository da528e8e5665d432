import type {
	BinaryExpression,
	CallExpression,
	Expression,
	FunctionDeclaration,
	Identifier,
	IndexExpression,
	LogicalExpression,
	MemberExpression,
	StringCallExpression,
	TableCallExpression,
	TableConstructorExpression,
	UnaryExpression,
} from 'luaparse';
import type {Evaluate, EvaluateAll} from './code.js';
import type {Runtime} from './runtime.js';
import type {FunctionScope} from './scope.js';
import {LuaSyntaxError, nestingMax, type Tree} from './syntax.js';
import {isTruthy, type LuaValue} from './values.js';

export type Call = CallExpression | TableCallExpression | StringCallExpression;

export const lineOf = (node: {readonly loc?: Expression['loc']}): number => node.loc?.start.line ?? 1;

/** Where a call is made: at its opening bracket, not where the expression before it began. */
const lineOfCall = (call: Call): number => call.base.loc?.end.line ?? lineOf(call);

const isCall = (node: Expression): node is Call =>
	node.type === 'CallExpression' || node.type === 'TableCallExpression' || node.type === 'StringCallExpression';

/** Makes functions of expressions. Statements, and so what is in functions, come from its heir. */
export abstract class ExpressionCompiler {
	protected readonly runtime: Runtime;
	protected scope: FunctionScope;
	readonly #chunkName: string;
	readonly #isInBrackets: Tree['isInBrackets'];
	#level = 0;

	constructor(
		runtime: Runtime,
		scope: FunctionScope,
		{chunkName, isInBrackets}: Pick<Tree, 'isInBrackets'> & {chunkName: string},
	) {
		this.runtime = runtime;
		this.scope = scope;
		this.#chunkName = chunkName;
		this.#isInBrackets = isInBrackets;
	}

	#givesMany(node: Expression): boolean {
		return (isCall(node) || node.type === 'VarargLiteral') && !this.#isInBrackets(node);
	}

	protected abstract functionOf(node: FunctionDeclaration): Evaluate;

	protected placeOf(line: number): string {
		return `${this.#chunkName}:${line}: `;
	}

	/** Counts the levels of syntax that are open while this part of the tree runs. */
	protected nested<T>(line: number, compile: () => T): T {
		this.#level += 1;
		if (this.#level > nestingMax) throw new LuaSyntaxError(line, 'chunk has too many syntax levels');
		this.scope.levelsMax = Math.max(this.scope.levelsMax, this.#level);
		const compiled = compile();
		this.#level -= 1;
		return compiled;
	}

	/** The body of a function: its levels are its own. */
	protected inScope<T>(scope: FunctionScope, compile: () => T): T {
		const {scope: outer} = this;
		const level = this.#level;
		this.scope = scope;
		const compiled = compile();
		this.scope = outer;
		this.#level = level;
		return compiled;
	}

	protected expression(node: Expression): Evaluate {
		return this.nested(lineOf(node), () => this.#expression(node));
	}

	#expression(node: Expression): Evaluate {
		switch (node.type) {
			case 'NilLiteral':
				return () => undefined;
			case 'BooleanLiteral':
			case 'NumericLiteral':
			case 'StringLiteral': {
				const {value} = node;
				return () => value;
			}
			case 'Identifier':
				return this.#variable(node);
			case 'MemberExpression':
			case 'IndexExpression':
				return this.#element(node);
			case 'VarargLiteral':
				this.#checkRest(node);
				return frame => frame.rest[0];
			case 'CallExpression':
			case 'TableCallExpression':
			case 'StringCallExpression': {
				const call = this.call(node);
				return frame => call(frame)[0];
			}
			case 'FunctionDeclaration':
				return this.functionOf(node);
			case 'TableConstructorExpression':
				return this.#table(node);
			case 'LogicalExpression':
				return this.#logical(node);
			case 'UnaryExpression':
				return this.#unary(node);
			case 'BinaryExpression':
				return this.#binary(node);
			default:
				return node satisfies never;
		}
	}

	/** All values of a list of expressions: of the last one all, of each other one. */
	protected list(nodes: readonly Expression[]): EvaluateAll {
		const last = nodes.at(-1);
		if (last === undefined) return () => [];
		if (!this.#givesMany(last)) {
			const all = nodes.map(node => this.expression(node));
			return frame => all.map(evaluate => evaluate(frame));
		}
		const first = nodes.slice(0, -1).map(node => this.expression(node));
		const rest = this.nested(lineOf(last), () => this.#many(last));
		if (first.length === 0) return rest;
		return frame => {
			const values = first.map(evaluate => evaluate(frame));
			return [...values, ...rest(frame)];
		};
	}

	#many(node: Expression): EvaluateAll {
		if (isCall(node)) return this.call(node);
		this.#checkRest(node);
		return frame => frame.rest;
	}

	#checkRest(node: Expression): void {
		if (!this.scope.hasRest)
			throw new LuaSyntaxError(lineOf(node), "cannot use '...' outside a vararg function near '...'");
	}

	#variable({name, ...node}: Identifier): Evaluate {
		const variable = this.scope.find(name);
		const {runtime} = this;
		if (variable === undefined) {
			const place = this.placeOf(lineOf(node));
			return () => {
				runtime.place = place;
				return runtime.index(runtime.globals, name);
			};
		}
		const {offset} = variable;
		return variable.type === 'own' ? frame => frame.cells[offset]?.value : frame => frame.captured[offset]?.value;
	}

	#element(node: MemberExpression | IndexExpression): Evaluate {
		const base = this.expression(node.base);
		const key = this.keyOf(node);
		const name = this.nameOf(node.base);
		const place = this.placeOf(lineOf(node));
		const {runtime} = this;
		return frame => {
			const value = base(frame);
			const at = key(frame);
			runtime.meter.step();
			runtime.place = place;
			return runtime.index(value, at, name);
		};
	}

	protected keyOf(node: MemberExpression | IndexExpression): Evaluate {
		if (node.type === 'IndexExpression') return this.expression(node.index);
		const {name} = node.identifier;
		return () => name;
	}

	/** How an error names what this expression gives. */
	protected nameOf(node: Expression): string {
		switch (node.type) {
			case 'Identifier': {
				const variable = this.scope.find(node.name);
				const kind = variable === undefined ? 'global' : variable.type === 'own' ? 'local' : 'upvalue';
				return `${kind} '${node.name}'`;
			}
			case 'MemberExpression':
				return `${node.indexer === ':' ? 'method' : 'field'} '${node.identifier.name}'`;
			case 'IndexExpression': {
				const {index} = node;
				return index.type === 'StringLiteral'
					? `field '${index.value}'`
					: index.type === 'NumericLiteral' || index.type === 'Identifier'
						? "field '?'"
						: '';
			}
			default:
				return '';
		}
	}

	protected call(node: Call): EvaluateAll {
		const {base} = node;
		const nodes =
			node.type === 'StringCallExpression'
				? [node.argument]
				: node.type === 'TableCallExpression'
					? [node.arguments]
					: node.arguments;
		const place = this.placeOf(lineOfCall(node));
		const name = this.nameOf(base);
		const {runtime} = this;
		const isMethod = base.type === 'MemberExpression' && base.indexer === ':';
		const called = isMethod ? this.expression(base.base) : this.expression(base);
		const values = this.list(nodes);
		if (!isMethod) {
			return frame => {
				const target = called(frame);
				const given = values(frame);
				runtime.place = place;
				runtime.isMethod = false;
				return runtime.call(target, given, name);
			};
		}
		const method = base.identifier.name;
		const ownerName = this.nameOf(base.base);
		return frame => {
			const owner = called(frame);
			runtime.place = place;
			const target = runtime.index(owner, method, ownerName);
			const given = values(frame);
			runtime.place = place;
			runtime.isMethod = true;
			return runtime.call(target, [owner, ...given], name);
		};
	}

	#table({fields}: TableConstructorExpression): Evaluate {
		const {runtime} = this;
		const last = fields.at(-1);
		const tail = last?.type === 'TableValue' && this.#givesMany(last.value) ? this.list([last.value]) : undefined;
		let position = 0;
		const setters = (tail === undefined ? fields : fields.slice(0, -1)).map(field => {
			if (field.type === 'TableValue') position += 1;
			const at = position;
			const key: Evaluate =
				field.type === 'TableValue'
					? () => at
					: field.type === 'TableKey'
						? this.expression(field.key)
						: () => field.key.name;
			return {key, value: this.expression(field.value)};
		});
		const tailStart = position + 1;
		return frame => {
			const table = runtime.newTable();
			for (const {key, value} of setters) runtime.setRaw(table, key(frame), value(frame));
			for (const [offset, value] of (tail?.(frame) ?? []).entries()) runtime.setRaw(table, tailStart + offset, value);
			return table;
		};
	}

	#logical({operator, left, right}: LogicalExpression): Evaluate {
		const first = this.expression(left);
		const second = this.expression(right);
		if (operator === 'and') {
			return frame => {
				const value = first(frame);
				return isTruthy(value) ? second(frame) : value;
			};
		}
		return frame => {
			const value = first(frame);
			return isTruthy(value) ? value : second(frame);
		};
	}

	#unary({operator, argument, ...node}: UnaryExpression): Evaluate {
		const value = this.expression(argument);
		const name = this.nameOf(argument);
		const place = this.placeOf(lineOf(node));
		const {runtime} = this;
		if (operator === 'not') return frame => !isTruthy(value(frame));
		return frame => {
			const operand = value(frame);
			runtime.place = place;
			return operator === '#' ? runtime.length(operand, name) : runtime.negative(operand, name);
		};
	}

	#binary({operator, left, right, ...node}: BinaryExpression): Evaluate {
		const first = this.expression(left);
		const second = this.expression(right);
		const names = [this.nameOf(left), this.nameOf(right)] as const;
		const place = this.placeOf(lineOf(node));
		const {runtime} = this;
		const operate = operationOf(operator, runtime, names);
		return frame => {
			const one = first(frame);
			const other = second(frame);
			runtime.place = place;
			return operate(one, other);
		};
	}
}

type Operate = (left: LuaValue, right: LuaValue) => LuaValue;

function operationOf(
	operator: BinaryExpression['operator'],
	runtime: Runtime,
	names: readonly [string, string],
): Operate {
	switch (operator) {
		case '+':
		case '-':
		case '*':
		case '/':
		case '%':
		case '^':
			return (left, right) => runtime.arithmetic(operator, left, right, names);
		case '..':
			return (left, right) => runtime.concat(left, right, names);
		case '==':
			return (left, right) => runtime.isEqual(left, right);
		case '~=':
			return (left, right) => !runtime.isEqual(left, right);
		case '<':
			return (left, right) => runtime.isLess(left, right);
		case '<=':
			return (left, right) => runtime.isLessOrEqual(left, right);
		case '>':
			return (left, right) => runtime.isLess(right, left);
		case '>=':
			return (left, right) => runtime.isLessOrEqual(right, left);
		default:
			throw new LuaSyntaxError(1, `'${operator}' is no operator of Lua 5.1`);
	}
}
