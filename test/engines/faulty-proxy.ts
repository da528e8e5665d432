/** A TCP proxy before one etcd member that breaks connections: in the middle of a request, of a reply, or between the two. */
import {once} from 'node:events';
import {connect, createServer, type AddressInfo, type Server, type Socket} from 'node:net';

/** What may happen to a chunk: each with its probability, the rest passes. */
export interface ChunkFaults {
	/** Half of the chunk arrives, then both sides are cut off. */
	readonly cut: number;
	/** It is swallowed, and so is all that follows in its direction: neither side hears that anything is wrong. */
	readonly mute: number;
}

const harmless: ChunkFaults = {cut: 0, mute: 0};
const swallowed: ChunkFaults = {cut: 0, mute: 1};

export class FaultyProxy {
	readonly #server: Server;
	readonly #targetPort: number;
	readonly #random: () => number;
	readonly #sockets = new Set<Socket>();
	#requests: ChunkFaults = harmless;
	#replies: ChunkFaults = harmless;
	/** Requests that are kept back, and where they were to go; `undefined`: they pass. */
	#held: {readonly target: Socket; readonly chunk: Buffer}[] | undefined;
	#isFrozen = false;
	/** Connections that were taken so far. */
	connectionCount = 0;
	/** Connections that were broken so far. */
	broken = 0;

	private constructor(server: Server, targetPort: number, random: () => number) {
		this.#server = server;
		this.#targetPort = targetPort;
		this.#random = random;
	}

	/** Before `host:port` on this machine. */
	static async start(target: string, random: () => number): Promise<FaultyProxy> {
		const server = createServer();
		const proxy = new FaultyProxy(server, Number(target.split(':')[1]), random);
		server.on('connection', client => proxy.#connect(client));
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		return proxy;
	}

	get address(): string {
		return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	setFaults(faults: {readonly requests?: ChunkFaults; readonly replies?: ChunkFaults}): void {
		this.#requests = faults.requests ?? harmless;
		this.#replies = faults.replies ?? harmless;
	}

	/** From now on requests are kept back; the member does not hear when their clients give them up. */
	hold(): void {
		this.#held = [];
	}

	/** What is kept back is enough: all that still comes is swallowed. */
	freeze(): void {
		this.#isFrozen = true;
	}

	/** Passes on what was kept back, and waits for the first answers to it. */
	async releaseHeld(): Promise<void> {
		const held = this.#held ?? [];
		const answers = [...new Set(held.map(({target}) => target))].map(target => once(target, 'data'));
		for (const {target, chunk} of held) target.write(chunk);
		await Promise.all(answers);
	}

	cutAll(): void {
		for (const socket of this.#sockets) socket.destroy();
	}

	async close(): Promise<void> {
		const closed = once(this.#server, 'close');
		this.#server.close();
		this.cutAll();
		await closed;
	}

	#connect(client: Socket): void {
		this.connectionCount++;
		const server = connect(this.#targetPort, '127.0.0.1');
		const sever = (): void => {
			client.destroy();
			server.destroy();
		};
		for (const socket of [client, server]) {
			socket.setNoDelay(true);
			this.#sockets.add(socket);
			socket.on('error', sever);
			socket.on('close', () => {
				this.#sockets.delete(socket);
				if (this.#held === undefined || socket === server) sever();
			});
		}
		client.on('data', (chunk: Buffer) => {
			if (!this.#isFrozen) this.#held?.push({target: server, chunk});
		});
		this.#forward(client, server, () => (this.#held === undefined ? this.#requests : swallowed), sever);
		this.#forward(server, client, () => this.#replies, sever);
	}

	#forward(source: Socket, target: Socket, faults: () => ChunkFaults, sever: () => void): void {
		let isMute = false;
		source.on('data', (chunk: Buffer) => {
			const {cut, mute} = faults();
			const draw = this.#random();
			if (isMute) return;
			if (draw < cut) {
				this.broken++;
				target.write(chunk.subarray(0, chunk.length >> 1), sever);
			} else if (draw < cut + mute) {
				this.broken++;
				isMute = true;
			} else {
				target.write(chunk);
			}
		});
	}
}
