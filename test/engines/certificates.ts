/** Certificates for one test file, made by openssl when it begins. */
import {execFile} from 'node:child_process';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';

const run = promisify(execFile);

/** A certificate and its key: names of files, and what is in them. */
export interface Certificate {
	readonly certFile: string;
	readonly keyFile: string;
	readonly cert: string;
	readonly key: string;
}

export class Certificates {
	readonly #directory: string;

	private constructor(directory: string) {
		this.#directory = directory;
	}

	static async open(): Promise<Certificates> {
		return new Certificates(await mkdtemp(path.join(tmpdir(), 'threadraft-tls-')));
	}

	/** A file of this text. */
	async file(name: string, text: string): Promise<string> {
		const file = path.join(this.#directory, name);
		await writeFile(file, text);
		return file;
	}

	authority(name: string): Promise<Certificate> {
		return this.#make(name, ['-x509', '-days', '2']);
	}

	/** `names`: hosts of a server, as openssl writes them (`IP:127.0.0.1`). */
	async signed(name: string, authority: Certificate, names?: string): Promise<Certificate> {
		const extension = names === undefined ? [] : ['-addext', `subjectAltName=${names}`];
		return this.#make(name, [
			'-x509',
			'-days',
			'2',
			'-CA',
			authority.certFile,
			'-CAkey',
			authority.keyFile,
			...extension,
		]);
	}

	async close(): Promise<void> {
		await rm(this.#directory, {recursive: true, force: true});
	}

	async #make(name: string, how: readonly string[]): Promise<Certificate> {
		const [certFile, keyFile] = ['cert', 'key'].map(kind => path.join(this.#directory, `${name}.${kind}.pem`));
		const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
		await run('openssl', ['req', ...how, ...curve, '-subj', `/CN=${name}`, '-keyout', keyFile!, '-out', certFile!]);
		const [cert, key] = await Promise.all([readFile(certFile!, 'utf8'), readFile(keyFile!, 'utf8')]);
		return {certFile: certFile!, keyFile: keyFile!, cert, key};
	}
}
