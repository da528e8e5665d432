/** The bench's handle on the process of a system. */
import {type ChildProcess, fork} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import type {CrashOptions, CrashTimeline} from './crash.js';
import type {ProcessAnswer, ProcessRequest} from './protocol.js';
import type {SoakOptions, SoakSample} from './soak-load.js';
import type {Load, Measurement, StartOptions, System} from './systems/system.js';

const entry = fileURLToPath(new URL('./system-process.js', import.meta.url));

export class ChildSystem {
	readonly system: System;
	readonly #child: ChildProcess;

	constructor(system: System) {
		this.system = system;
		this.#child = fork(entry, {serialization: 'advanced'});
	}

	/** Resolves when it is ready to be loaded. */
	async start(options: StartOptions): Promise<void> {
		await this.#ask({type: 'start', system: this.system.id, options});
	}

	async measure(load: Load): Promise<Measurement> {
		const answer = await this.#ask({type: 'measure', load});
		if (answer.type !== 'measured') throw new Error(`${this.system.id} answered '${answer.type}' to a load`);
		return answer.measurement;
	}

	async crash(crash: CrashOptions): Promise<CrashTimeline> {
		const answer = await this.#ask({type: 'crash', crash});
		if (answer.type !== 'crashed') throw new Error(`${this.system.id} answered '${answer.type}' to a crash`);
		return answer.timeline;
	}

	async soak(soak: SoakOptions, sampled: (sample: SoakSample) => void): Promise<void> {
		await this.#ask({type: 'soak', soak}, sampled);
	}

	async stop(): Promise<void> {
		if (this.#child.exitCode !== null || !this.#child.connected) return;
		await this.#ask({type: 'stop'}).catch(() => this.#child.kill('SIGKILL'));
	}

	async #ask(request: ProcessRequest, sampled: (sample: SoakSample) => void = () => undefined): Promise<ProcessAnswer> {
		return new Promise((resolve, reject) => {
			const settle = (action: () => void): void => {
				this.#child.off('message', answered);
				this.#child.off('exit', ended);
				action();
			};
			const answered = (answer: ProcessAnswer): void => {
				if (answer.type === 'sample') sampled(answer.sample);
				else if (answer.type === 'failed') settle(() => reject(this.#error(answer.message)));
				else settle(() => resolve(answer));
			};
			const ended = (code: number | null): void =>
				settle(() => reject(this.#error(`its process ended (${code}) while it was to ${request.type}`)));
			this.#child.on('message', answered);
			this.#child.on('exit', ended);
			this.#child.send(request);
		});
	}

	#error(message: string): Error {
		return new Error(`${this.system.title}: ${message}`);
	}
}
