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

export class FaultyProxy {
	readonly #server: Server;
	readonly #targetPort: number;
	readonly #random: () => number;
	readonly #sockets = new Set<Socket>();
	#requests: ChunkFaults = harmless;
	#replies: ChunkFaults = harmless;
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
				sever();
			});
		}
		this.#forward(client, server, () => this.#requests, sever);
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
