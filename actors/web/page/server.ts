/** What the page asks of the server that it came from. */
import type {TraceLine} from '../../trace/trace.js';
import type {CommandsView, LineAnswer} from '../protocol.js';

export class PageServer {
	readonly #token: string;

	constructor(token: string) {
		this.#token = token;
	}

	/** `undefined`: the page shows a trace, and there is no console. */
	async commands(): Promise<CommandsView | undefined> {
		const commands = (await (await this.#ask('commands')).json()) as CommandsView | null;
		return commands ?? undefined;
	}

	/** Rejects when the server is gone. */
	async trace(): Promise<string> {
		return (await this.#ask('trace')).text();
	}

	/** What was recorded of the cluster, as a file. */
	get recordLink(): string {
		return `record?token=${encodeURIComponent(this.#token)}`;
	}

	/** Never rejects. */
	async line(line: string): Promise<LineAnswer> {
		try {
			const response = await this.#ask('line', {method: 'POST', body: line});
			if (response.ok) return (await response.json()) as LineAnswer;
			return {type: 'failed', text: (await response.text()).trim()};
		} catch {
			return {type: 'failed', text: 'the cluster has stopped, or cannot be reached'};
		}
	}

	/** `take`: told of each line; the first of each connection is a header. `changed`: whether there is a connection. */
	stream(take: (line: TraceLine) => void, changed: (isOpen: boolean) => void): void {
		const source = new EventSource(`stream?token=${encodeURIComponent(this.#token)}`);
		source.addEventListener('message', event => take(JSON.parse(event.data as string) as TraceLine));
		source.addEventListener('open', () => changed(true));
		source.addEventListener('error', () => changed(false));
	}

	async #ask(path: string, options: RequestInit = {}): Promise<Response> {
		return fetch(path, {...options, headers: {Authorization: `Bearer ${this.#token}`}});
	}
}
