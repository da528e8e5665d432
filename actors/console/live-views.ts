/** What goes on beside the commands and shows itself again and again: the figures of a load, the state of the nodes, messages. */

/** Something that is shown while it goes on. */
export interface LiveView {
	/** How often it is drawn anew in its place, ms. */
	readonly everyMs: number;
	/** How often it is told where nothing can be drawn anew (in scripts, and for a screen reader), ms. */
	readonly toldEveryMs: number;
	/** What stands in its place now; `undefined`: it is over. */
	draw(): Promise<readonly string[] | undefined>;
	/** The same as lines below each other; empty: there is nothing new. */
	tell(): Promise<readonly string[] | undefined>;
	/** Is called once when it is over. @default nothing is to be done */
	ended?(): void;
}

export interface LiveViewsOptions {
	/** Whether lines can be drawn over. */
	readonly isInPlace: () => boolean;
	/** Puts these in the place of what was drawn before. */
	readonly draw: (lines: readonly string[]) => void;
	/** Writes a line that stays. */
	readonly print: (line: string) => void;
}

interface Shown {
	readonly view: LiveView;
	readonly timer: NodeJS.Timeout;
	lines: readonly string[];
	sinceToldMs: number;
	isBusy: boolean;
}

export class LiveViews {
	readonly #options: LiveViewsOptions;
	readonly #shown = new Map<string, Shown>();

	constructor(options: LiveViewsOptions) {
		this.#options = options;
	}

	/** Takes the place of the view of the same name. */
	begin(name: string, view: LiveView): void {
		this.end(name);
		const timer = setInterval(() => void this.#tick(name), view.everyMs).unref();
		this.#shown.set(name, {view, timer, lines: [], sinceToldMs: 0, isBusy: false});
		if (this.#options.isInPlace()) void this.#tick(name);
	}

	/** Answers whether there was one. */
	end(name: string): boolean {
		const shown = this.#shown.get(name);
		if (shown === undefined) return false;
		clearInterval(shown.timer);
		this.#shown.delete(name);
		shown.view.ended?.();
		this.#drawAll();
		return true;
	}

	/** Ends all. Answers whether there was any. */
	endAll(): boolean {
		const names = [...this.#shown.keys()];
		for (const name of names) this.end(name);
		return names.length > 0;
	}

	async #tick(name: string): Promise<void> {
		const shown = this.#shown.get(name);
		if (shown === undefined || shown.isBusy) return;
		shown.isBusy = true;
		try {
			if (this.#options.isInPlace()) await this.#draw(name, shown);
			else await this.#tell(name, shown);
		} catch {
			// What cannot be shown now is shown the next time.
		} finally {
			shown.isBusy = false;
		}
	}

	async #draw(name: string, shown: Shown): Promise<void> {
		const lines = await shown.view.draw();
		if (this.#shown.get(name) !== shown) return;
		if (lines === undefined) return void this.end(name);
		shown.lines = lines;
		this.#drawAll();
	}

	async #tell(name: string, shown: Shown): Promise<void> {
		shown.sinceToldMs += shown.view.everyMs;
		if (shown.sinceToldMs < shown.view.toldEveryMs) return;
		shown.sinceToldMs = 0;
		const lines = await shown.view.tell();
		if (this.#shown.get(name) !== shown) return;
		if (lines === undefined) this.end(name);
		else for (const line of lines) this.#options.print(line);
	}

	#drawAll(): void {
		if (this.#options.isInPlace()) this.#options.draw([...this.#shown.values()].flatMap(({lines}) => lines));
	}
}
