/** What a console keeps from line to line. */
import {performance} from 'node:perf_hooks';
import type {SessionRecording} from '../script/session-recording.js';

export class Session {
	/** While one goes on, what is done goes into it. */
	recording: SessionRecording | undefined;
	#clockStartedAt = performance.now();

	/** Since the console's start, or since `restartClock`, ms: what "at" goes by. */
	get elapsedMs(): number {
		return performance.now() - this.#clockStartedAt;
	}

	restartClock(): void {
		this.#clockStartedAt = performance.now();
	}

	/** Ends a recording that still goes on. */
	close(): void {
		const {recording} = this;
		this.recording = undefined;
		recording?.stop();
	}
}
