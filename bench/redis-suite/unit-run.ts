/** One unit of the suite on one server: the suite's own test client, which this process tells what to run. */
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {type AddressInfo, connect, createServer, type Server, type Socket} from 'node:net';
import {createInterface} from 'node:readline';

/** What the suite said of one test. */
export interface TestReport {
	/** The name, and its number where a unit has several tests of that name. */
	readonly name: string;
	readonly verdict: 'ok' | 'failed' | 'hung';
	/** Why it failed, in the words of the suite; empty if it is ok. */
	readonly details: string;
}

export interface UnitReport {
	readonly tests: readonly TestReport[];
	/** What went wrong outside of tests: a refused setting, the end of a block of tests. */
	readonly remarks: readonly string[];
}

export interface UnitOptions {
	readonly unit: string;
	/** Root of the source of Redis. */
	readonly source: string;
	readonly port: number;
	/** So long a test may take. */
	readonly testMs: number;
}

const prelude = readFileSync(new URL('../../../bench/redis-suite/prelude.tcl', import.meta.url), 'utf8');
const reportLine = /^@([\da-f]*) ([\da-f]*)$/;

export async function runUnit(options: UnitOptions): Promise<UnitReport> {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const child = startClient(options, (server.address() as AddressInfo).port);
	const exited = once(child, 'exit');
	try {
		return await follow(server, child, options);
	} finally {
		child.kill('SIGKILL');
		await exited;
		server.close();
	}
}

function startClient({source, port}: UnitOptions, reportPort: number): ChildProcess {
	const args = ['tests/test_helper.tcl', '--client', `${reportPort}`, '--host', '127.0.0.1', '--port', `${port}`];
	return spawn('tclsh', [...args, '--durable'], {cwd: source, stdio: 'ignore'});
}

/** Reads what the client reports until the unit is done, or the client ends. */
async function follow(server: Server, child: ChildProcess, options: UnitOptions): Promise<UnitReport> {
	const log = new UnitLog();
	const abort = new AbortController();
	child.once('exit', () => abort.abort());
	const hang = (): void => {
		const isFirst = log.hang();
		if (isFirst) killClients(options.port);
		else abort.abort();
	};
	let watchdog = setTimeout(hang, options.testMs);
	try {
		const [socket] = (await once(server, 'connection', {signal: abort.signal})) as [Socket];
		const lines = createInterface({input: socket});
		// The loop below would wait for ever for the end of a destroyed socket.
		for (const end of ['error', 'close']) socket.on(end, () => lines.close());
		abort.signal.addEventListener('abort', () => socket.destroy());
		send(socket, `run_code {prelude prelude.tcl {${prelude}}}`);
		send(socket, `run ${options.unit}`);
		for await (const line of lines) {
			const [, status, data] = reportLine.exec(line) ?? [];
			if (status === undefined || data === undefined) continue;
			clearTimeout(watchdog);
			watchdog = setTimeout(hang, options.testMs);
			const isOver = log.take(textOf(status), textOf(data), options.unit);
			if (isOver) break;
		}
	} catch (error) {
		if (!abort.signal.aborted) throw error;
	} finally {
		clearTimeout(watchdog);
	}
	return log.end();
}

/** A test that waits for a reply then sees the end of its connection, fails, and the next one begins. */
function killClients(port: number): void {
	const socket = connect(port, '127.0.0.1');
	socket.on('error', () => socket.destroy());
	socket.end('CLIENT KILL TYPE normal\r\nCLIENT KILL TYPE pubsub\r\nQUIT\r\n');
}

/** As the suite's own server writes: the number of characters, then a list of Tcl. */
const send = (socket: Socket, payload: string): void => void socket.write(`${payload.length}\n${payload}`);

const textOf = (hexadecimal: string): string => Buffer.from(hexadecimal, 'hex').toString();

class UnitLog {
	readonly #tests: TestReport[] = [];
	readonly #remarks: string[] = [];
	readonly #times = new Map<string, number>();
	#open: string | undefined;
	#isHung = false;

	/** The test that runs takes too long. Whether this is news. */
	hang(): boolean {
		const isFirst = !this.#isHung;
		this.#isHung = true;
		return isFirst;
	}

	/** Whether the unit is over. */
	take(status: string, data: string, unit: string): boolean {
		switch (status) {
			case 'testing':
				this.#open = this.#numbered(data);
				return false;
			case 'ok':
				this.#close('ok', '');
				return false;
			case 'err':
				if (this.#open === undefined) this.#remarks.push(data);
				else this.#close('failed', data);
				return false;
			case 'setup':
				this.#remarks.push(data);
				return false;
			case 'exception':
				this.#close('failed', data);
				return true;
			default:
				return status === 'done' && data === unit;
		}
	}

	/** A test without a verdict has hung, or its client is gone. */
	end(): UnitReport {
		this.#close('hung', 'no verdict');
		return {tests: this.#tests, remarks: this.#remarks};
	}

	#numbered(name: string): string {
		const times = (this.#times.get(name) ?? 0) + 1;
		this.#times.set(name, times);
		return times === 1 ? name : `${name} (${times})`;
	}

	#close(verdict: TestReport['verdict'], details: string): void {
		const {name, isHung} = {name: this.#open, isHung: this.#isHung};
		this.#open = undefined;
		this.#isHung = false;
		if (name !== undefined) this.#tests.push({name, verdict: isHung ? 'hung' : verdict, details});
	}
}
