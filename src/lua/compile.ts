import type {
	AssignmentStatement,
	ForGenericStatement,
	ForNumericStatement,
	FunctionDeclaration,
	Identifier,
	IfStatement,
	IndexExpression,
	LocalStatement,
	MemberExpression,
	RepeatStatement,
	Statement,
	WhileStatement,
} from 'luaparse';
import type {Evaluate, Execute, Outcome} from './code.js';
import {ExpressionCompiler, lineOf} from './expressions.js';
import {numberOf, type Runtime} from './runtime.js';
import {cellOf, type Cell, type Frame, FunctionScope} from './scope.js';
import {LuaSyntaxError, parseLua} from './syntax.js';
import {isTruthy, LuaFunction, type LuaValue, type LuaValues} from './values.js';

type Store = (frame: Frame, value: LuaValue) => void;

class Compiler extends ExpressionCompiler {
	/** In a scope of its own. */
	block(statements: readonly Statement[]): Execute {
		this.scope.openBlock();
		const execute = this.#sequence(statements);
		this.scope.closeBlock();
		return execute;
	}

	#sequence(statements: readonly Statement[]): Execute {
		const all = statements.map(each => this.nested(lineOf(each), () => this.#statement(each)));
		const {meter} = this.runtime;
		return frame => {
			for (const execute of all) {
				meter.step();
				const outcome = execute(frame);
				if (outcome !== undefined) return outcome;
			}
			return undefined;
		};
	}

	#statement(node: Statement): Execute {
		switch (node.type) {
			case 'LocalStatement':
				return this.#local(node);
			case 'AssignmentStatement':
				return this.#assignment(node);
			case 'CallStatement': {
				const call = this.call(node.expression);
				return frame => void call(frame);
			}
			case 'ReturnStatement':
				return this.list(node.arguments);
			case 'BreakStatement':
				return () => 'break';
			case 'DoStatement':
				return this.block(node.body);
			case 'IfStatement':
				return this.#if(node);
			case 'WhileStatement':
				return this.#while(node);
			case 'RepeatStatement':
				return this.#repeat(node);
			case 'ForNumericStatement':
				return this.#forNumeric(node);
			case 'ForGenericStatement':
				return this.#forGeneric(node);
			case 'FunctionDeclaration':
				return this.#functionStatement(node);
			case 'LabelStatement':
			case 'GotoStatement':
				throw new LuaSyntaxError(lineOf(node), 'Lua 5.1 has no labels');
			default:
				return node satisfies never;
		}
	}

	#local({variables, init}: LocalStatement): Execute {
		const values = this.list(init);
		const offsets = variables.map(({name}) => this.scope.declare(name));
		const [only = 0] = offsets;
		const [first] = init;
		if (offsets.length === 1 && init.length === 1 && first !== undefined) {
			return frame => void (frame.cells[only] = {value: values(frame)[0]});
		}
		return frame => {
			const given = values(frame);
			for (const [place, offset] of offsets.entries()) frame.cells[offset] = {value: given[place]};
			return undefined;
		};
	}

	#assignment({variables, init}: AssignmentStatement): Execute {
		const values = this.list(init);
		const [only] = variables;
		if (variables.length === 1 && only !== undefined) {
			const prepare = this.#target(only);
			return frame => {
				const store = prepare(frame);
				store(frame, values(frame)[0]);
				return undefined;
			};
		}
		const targets = variables.map(variable => this.#target(variable));
		return frame => {
			const stores = targets.map(prepare => prepare(frame));
			const given = values(frame);
			for (let place = stores.length - 1; place >= 0; place -= 1) stores[place]?.(frame, given[place]);
			return undefined;
		};
	}

	/** What the target is, is worked out before the values are. */
	#target(node: Identifier | MemberExpression | IndexExpression): (frame: Frame) => Store {
		const {runtime} = this;
		const place = this.placeOf(lineOf(node));
		if (node.type === 'Identifier') {
			const store = this.#variableStore(node, place);
			return () => store;
		}
		const base = this.expression(node.base);
		const key = this.keyOf(node);
		const name = this.nameOf(node.base);
		return frame => {
			const table = base(frame);
			const at = key(frame);
			return (_, value) => {
				runtime.place = place;
				runtime.setIndex(table, at, value, name);
			};
		};
	}

	#variableStore({name}: Identifier, place: string): Store {
		const variable = this.scope.find(name);
		const {runtime} = this;
		if (variable !== undefined) return (frame, value) => void (cellOf(frame, variable).value = value);
		return (_, value) => {
			runtime.place = place;
			runtime.setIndex(runtime.globals, name, value);
		};
	}

	#if({clauses}: IfStatement): Execute {
		const all = clauses.map(clause => ({
			condition: clause.type === 'ElseClause' ? undefined : this.expression(clause.condition),
			body: this.block(clause.body),
		}));
		return frame => {
			for (const {condition, body} of all)
				if (condition === undefined || isTruthy(condition(frame))) return body(frame);
			return undefined;
		};
	}

	#while({condition, body}: WhileStatement): Execute {
		const holds = this.expression(condition);
		const execute = this.block(body);
		const {meter} = this.runtime;
		return frame => {
			while (isTruthy(holds(frame))) {
				meter.step();
				const outcome = execute(frame);
				if (outcome !== undefined) return endOfLoop(outcome);
			}
			return undefined;
		};
	}

	/** The condition sees the variables of the body. */
	#repeat({condition, body}: RepeatStatement): Execute {
		this.scope.openBlock();
		const execute = this.#sequence(body);
		const holds = this.expression(condition);
		this.scope.closeBlock();
		const {meter} = this.runtime;
		return frame => {
			do {
				meter.step();
				const outcome = execute(frame);
				if (outcome !== undefined) return endOfLoop(outcome);
			} while (!isTruthy(holds(frame)));
			return undefined;
		};
	}

	#forNumeric(node: ForNumericStatement): Execute {
		const bounds = [node.start, node.end].map(each => this.expression(each));
		const stepOf: Evaluate = node.step === null ? () => 1 : this.expression(node.step);
		const {runtime} = this;
		const place = this.placeOf(lineOf(node));
		this.scope.openBlock();
		const offset = this.scope.declare(node.variable.name);
		const body = this.block(node.body);
		this.scope.closeBlock();
		const bound = (value: LuaValue, name: string): number => {
			const number = numberOf(value);
			runtime.place = place;
			if (number === undefined) throw runtime.error(`'for' ${name} must be a number`);
			return number;
		};
		return frame => {
			const [start, end] = bounds.map(evaluate => evaluate(frame));
			const step = stepOf(frame);
			const first = bound(start, 'initial value');
			const last = bound(end, 'limit');
			const by = bound(step, 'step');
			for (let value = first; by > 0 ? value <= last : value >= last; value += by) {
				runtime.meter.step();
				frame.cells[offset] = {value};
				const outcome = body(frame);
				if (outcome !== undefined) return endOfLoop(outcome);
			}
			return undefined;
		};
	}

	#forGeneric(node: ForGenericStatement): Execute {
		const iterators = this.list(node.iterators);
		const {runtime} = this;
		const place = this.placeOf(lineOf(node));
		this.scope.openBlock();
		const offsets = node.variables.map(({name}) => this.scope.declare(name));
		const body = this.block(node.body);
		this.scope.closeBlock();
		return frame => {
			const [next, state, initial] = iterators(frame);
			let control = initial;
			for (;;) {
				runtime.meter.step();
				runtime.place = place;
				const values = runtime.call(next, [state, control]);
				[control] = values;
				if (control === undefined) return undefined;
				for (const [offset, cell] of offsets.entries()) frame.cells[cell] = {value: values[offset]};
				const outcome = body(frame);
				if (outcome !== undefined) return endOfLoop(outcome);
			}
		};
	}

	#functionStatement(node: FunctionDeclaration): Execute {
		const {identifier} = node;
		if (node.isLocal && identifier?.type === 'Identifier') {
			// It can name itself.
			const offset = this.scope.declare(identifier.name);
			const make = this.functionOf(node);
			return frame => {
				const cell: Cell = {value: undefined};
				frame.cells[offset] = cell;
				cell.value = make(frame);
				return undefined;
			};
		}
		if (identifier === null) throw new LuaSyntaxError(lineOf(node), '<name> expected');
		const prepare = this.#target(identifier);
		const make = this.functionOf(node);
		return frame => {
			prepare(frame)(frame, make(frame));
			return undefined;
		};
	}

	protected override functionOf(node: FunctionDeclaration): Evaluate {
		const {parameters, identifier} = node;
		const hasRest = parameters.at(-1)?.type === 'VarargLiteral';
		const scope = new FunctionScope(this.scope, hasRest);
		const isMethod = identifier?.type === 'MemberExpression' && identifier.indexer === ':';
		const names = parameters.flatMap(each => (each.type === 'Identifier' ? [each.name] : []));
		const offsets = (isMethod ? ['self', ...names] : names).map(name => scope.declare(name));
		const body = this.inScope(scope, () => this.block(node.body));
		const {runtime} = this;
		return frame => {
			runtime.newTable();
			const captured = scope.captures.map(variable => cellOf(frame, variable));
			return functionFrom(runtime, scope, {body, parameterCount: offsets.length, captured});
		};
	}
}

const endOfLoop = (outcome: Outcome): Outcome => (outcome === 'break' ? undefined : outcome);

function functionFrom(
	runtime: Runtime,
	scope: FunctionScope,
	{
		body,
		parameterCount,
		captured,
	}: {readonly body: Execute; readonly parameterCount: number; readonly captured: readonly Cell[]},
): LuaFunction {
	return new LuaFunction(values => {
		const before = runtime.enter(scope.levelsMax);
		const cells: Cell[] = [];
		// Those of the parameters are the first.
		for (let offset = 0; offset < parameterCount; offset += 1) cells.push({value: values[offset]});
		const rest = scope.hasRest ? values.slice(parameterCount) : [];
		const outcome = body({cells, captured, rest});
		runtime.meter.depth = before;
		return outcome === undefined || outcome === 'break' ? [] : outcome;
	});
}

/** A chunk, to be called: `text` is a byte string. Throws a `LuaSyntaxError`. */
export function compileLua(runtime: Runtime, text: string, chunkName: string): (values: LuaValues) => LuaValues {
	const {chunk, isInBrackets} = parseLua(text);
	const scope = new FunctionScope(undefined, true);
	const body = new Compiler(runtime, scope, {chunkName, isInBrackets}).block(chunk.body);
	const main = functionFrom(runtime, scope, {body, parameterCount: 0, captured: []});
	return main.call;
}
