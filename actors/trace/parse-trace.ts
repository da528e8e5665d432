/** Reads a trace: of a file, or line by line as it comes in. It knows neither files nor threads: the page runs it too. */
import {ThreadraftError} from '../../src/base/errors.js';
import {type Cut, type NodeView, type TraceHeader, type TraceLine, type TraceStep, traceVersion} from './trace.js';

/** Bytes; larger ones are refused by whoever opens or writes one. */
export const traceBytesMax = 64 * 2 ** 20;

/** The text is no trace, or one of a newer version. */
class TraceFormatError extends ThreadraftError {
	override readonly name = 'TraceFormatError';
	readonly code = 'ERR_TRACE_FORMAT';
	/** From 1. */
	readonly line: number;

	constructor(line: number, what: string) {
		super(`line ${line} of the trace: ${what}`);
		this.line = line;
	}
}

export interface Trace {
	readonly header: TraceHeader;
	readonly steps: readonly TraceStep[];
}

const stepTypes: Readonly<Record<TraceStep['type'], true>> = {
	sample: true,
	arrived: true,
	inside: true,
	client: true,
	event: true,
	command: true,
	end: true,
};

/** @throws {TraceFormatError} where a line is none of a trace. A last line that was cut off (a crash, a full disk) is left out. */
export function parseTrace(text: string): Trace {
	const lines = text.split('\n');
	const [header, ...steps] = lines.slice(0, -1).map((line, offset) => parseLine(line, offset + 1));
	if (header?.type !== 'header') throw new TraceFormatError(1, 'it must be the header of a trace of threadraft');
	return {header, steps: steps.map((step, offset) => checkStep(step, offset + 2))};
}

/** @throws {TraceFormatError} `number`: of the line, from 1 */
function parseLine(text: string, number: number): TraceLine {
	let line: unknown;
	try {
		line = JSON.parse(text);
	} catch {
		throw new TraceFormatError(number, 'it is no JSON');
	}
	if (typeof line !== 'object' || line === null) throw new TraceFormatError(number, 'it is no object');
	if (number === 1) checkHeader(line);
	return line as TraceLine;
}

function checkHeader({format, version, nodeCount}: Partial<TraceHeader>): void {
	if (format !== 'threadraft-trace') throw new TraceFormatError(1, 'it must be the header of a trace of threadraft');
	if (version !== traceVersion) {
		const known = `this program reads version ${traceVersion}, and the trace has version ${version}`;
		throw new TraceFormatError(1, `${known}: open it with the program that wrote it`);
	}
	const isCount = typeof nodeCount === 'number' && Number.isInteger(nodeCount) && nodeCount >= 1 && nodeCount <= 9;
	if (!isCount) throw new TraceFormatError(1, 'nodeCount must be a whole number from 1 to 9');
}

function checkStep(step: TraceLine, number: number): TraceStep {
	if (step.type === 'header' || !Object.hasOwn(stepTypes, step.type)) {
		throw new TraceFormatError(number, `there is no step of type ${JSON.stringify(step.type)}`);
	}
	if (typeof step.at !== 'number') throw new TraceFormatError(number, 'it has no time "at"');
	return step;
}

/** What is so after a step. Shared by the steps that change nothing of it. */
export interface Picture {
	readonly nodes: readonly NodeView[];
	readonly faults: readonly string[];
	readonly cuts: readonly Cut[];
}

const unknownNode: NodeView = {
	life: 'down',
	role: 'follower',
	term: 0,
	commitIndex: 0,
	appliedIndex: 0,
	lastIndex: 0,
	snapshotIndex: 0,
	log: [],
};

/** Before the first step. */
export const firstPicture = (nodeCount: number): Picture => ({
	nodes: Array.from({length: nodeCount}, () => unknownNode),
	faults: [],
	cuts: [],
});

/** The same picture where the step changes nothing of it. */
export function pictureAfter(picture: Picture, {nodes, faults, cuts}: TraceStep): Picture {
	if (nodes === undefined && faults === undefined && cuts === undefined) return picture;
	return {
		nodes: nodes === undefined ? picture.nodes : picture.nodes.map((node, id) => nodes[id] ?? node),
		faults: faults ?? picture.faults,
		cuts: cuts ?? picture.cuts,
	};
}
