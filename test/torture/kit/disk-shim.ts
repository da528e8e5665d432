/**
 * A device that fails, under a whole process: a library before the C library, compiled here, whose writes and syncs of
 * files under one folder fail, take long, or lose what they were to keep.
 *
 * A failed sync does as Linux does (Rebello and others, "Can Applications Recover from fsync Failures?", USENIX ATC 2020):
 * reads go on showing what was written, though the device has dropped it, until the machine stops. `powerCut` is that
 * moment: it takes back, after the process is gone, whatever was dropped and never written again.
 */
import {spawnSync} from 'node:child_process';
import {closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync, writeSync} from 'node:fs';
import path from 'node:path';
import type {Trial} from '../trial.js';

const source = String.raw`
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define FILES 4096
struct write { off_t offset; size_t length; size_t old_length; char *old; struct write *next; };
/* What was written to each descriptor and not synced, the newest first. */
static struct write *pending[FILES];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fdatasync)(int);
static int (*real_fsync)(int);
static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);

__attribute__((constructor)) static void load(void) {
	real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
	real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
	real_fsync = dlsym(RTLD_NEXT, "fsync");
	real_open = dlsym(RTLD_NEXT, "open64");
	real_close = dlsym(RTLD_NEXT, "close");
}

static int is_set(const char *mode) {
	char file[4096];
	const char *control = getenv("TORTURE_CONTROL");
	if (control == NULL) return 0;
	snprintf(file, sizeof file, "%s.%s", control, mode);
	return access(file, F_OK) == 0;
}

static int is_ours(const char *path) {
	const char *root = getenv("TORTURE_ROOT");
	return root != NULL && strncmp(path, root, strlen(root)) == 0;
}

static int path_of(int fd, char *path, size_t size) {
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, size - 1);
	if (length < 0) return 0;
	path[length] = 0;
	return is_ours(path);
}

/* One record: what it is, path, offset, length, and what was there before. */
static void journal(char type, const char *path, const struct write *write, int with_old) {
	const char *control = getenv("TORTURE_CONTROL");
	char file[4096];
	if (control == NULL) return;
	snprintf(file, sizeof file, "%s.journal", control);
	FILE *out = fopen(file, "ab");
	if (out == NULL) return;
	fprintf(out, "%c %s %lld %zu %zu\n", type, path, (long long)write->offset, write->length, with_old ? write->old_length : 0);
	if (with_old) fwrite(write->old, 1, write->old_length, out);
	fclose(out);
}

static void settle(int fd, const char *path, int lost) {
	struct write *newest = pending[fd], *oldest = NULL;
	while (newest != NULL) { struct write *next = newest->next; newest->next = oldest; oldest = newest; newest = next; }
	pending[fd] = NULL;
	while (oldest != NULL) {
		struct write *next = oldest->next;
		if (path != NULL) journal(lost ? 'L' : 'D', path, oldest, lost);
		free(oldest->old);
		free(oldest);
		oldest = next;
	}
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
	char path[4096];
	if (!path_of(fd, path, sizeof path)) return real_pwrite(fd, bytes, length, offset);
	if (is_set("eio")) { errno = EIO; return -1; }
	pthread_mutex_lock(&mutex);
	struct write *write = malloc(sizeof *write);
	write->offset = offset;
	write->length = length;
	write->old = malloc(length + 1);
	ssize_t old = pread(fd, write->old, length, offset);
	write->old_length = old < 0 ? 0 : (size_t)old;
	ssize_t written = real_pwrite(fd, bytes, length, offset);
	if (written >= 0 && fd < FILES) { write->length = (size_t)written; write->next = pending[fd]; pending[fd] = write; }
	else { free(write->old); free(write); }
	pthread_mutex_unlock(&mutex);
	return written;
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }

static int sync_file(int fd, int (*real)(int)) {
	char path[4096];
	char once[4096];
	if (!path_of(fd, path, sizeof path)) return real(fd);
	if (is_set("slow")) usleep(200000);
	pthread_mutex_lock(&mutex);
	snprintf(once, sizeof once, "%s.lose", getenv("TORTURE_CONTROL"));
	/* Only a sync with something to lose: that of a directory has nothing. */
	int fails = fd < FILES && pending[fd] != NULL && unlink(once) == 0;
	int result = 0;
	if (fails || is_set("eio")) { if (fails) settle(fd, path, 1); errno = EIO; result = -1; }
	else { result = real(fd); if (result == 0 && fd < FILES) settle(fd, path, 0); }
	pthread_mutex_unlock(&mutex);
	if (result != 0 && fails) errno = EIO;
	return result;
}
int fdatasync(int fd) { return sync_file(fd, real_fdatasync); }
int fsync(int fd) { return sync_file(fd, real_fsync); }

int close(int fd) {
	if (fd >= 0 && fd < FILES && pending[fd] != NULL) {
		pthread_mutex_lock(&mutex);
		settle(fd, NULL, 0);
		pthread_mutex_unlock(&mutex);
	}
	return real_close(fd);
}

int open64(const char *path, int flags, ...) {
	va_list arguments;
	va_start(arguments, flags);
	mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	if (is_ours(path) && is_set("eio")) { errno = EIO; return -1; }
	return real_open(path, flags, mode);
}
int open(const char *path, int flags, ...) {
	va_list arguments;
	va_start(arguments, flags);
	mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	return open64(path, flags, mode);
}
`;

export type DiskMode =
	/** Opening, writing and syncing fail with EIO. */
	| 'eio'
	/** Each sync takes 200 ms longer. */
	| 'slow'
	/** The next sync that has something to keep fails once, and the device drops it. */
	| 'lose';

/** Makes the library there; what is in the way, if it cannot. */
function compileTo(library: string): string | undefined {
	if (process.platform !== 'linux') return 'a library before the C library is for Linux';
	const {status, stderr} = spawnSync(
		'gcc',
		['-shared', '-fPIC', '-O1', '-o', library, '-xc', '-', '-ldl', '-lpthread'],
		{
			encoding: 'utf8',
			input: source,
		},
	);
	if (status === 0) return undefined;
	return `no device that fails: gcc could not make one (${(stderr ?? 'it is missing').slice(0, 200)})`;
}

/** For rows that need a device that fails. */
export const whyNoFailingDevice = (): string | undefined => compileTo('/dev/null');

export class FailingDevice {
	readonly #control: string;
	readonly #library: string;
	readonly #root: string;

	private constructor(control: string, library: string, root: string) {
		this.#control = control;
		this.#library = library;
		this.#root = root;
	}

	/** Under all files of `root`. Ends the row where none can be made. */
	static make(trial: Trial, root: string): FailingDevice {
		const library = path.join(trial.folder, 'failing-device.so');
		const problem = compileTo(library);
		if (problem !== undefined) trial.skip(problem);
		return new FailingDevice(path.join(trial.folder, 'device'), library, root);
	}

	/** For the process. */
	get env(): Readonly<Record<string, string>> {
		return {LD_PRELOAD: this.#library, TORTURE_CONTROL: this.#control, TORTURE_ROOT: this.#root};
	}

	set(mode: DiskMode, on: boolean): void {
		if (on) writeFileSync(`${this.#control}.${mode}`, '');
		else rmSync(`${this.#control}.${mode}`, {force: true});
	}

	/** Whether the failure that was ordered by `lose` has come. */
	get hasLost(): boolean {
		return !existsSync(`${this.#control}.lose`);
	}

	/** After the process has gone: the files become what the device has kept. Answers how many bytes were taken back. */
	powerCut(): number {
		const file = `${this.#control}.journal`;
		const records = existsSync(file) ? readJournal(readFileSync(file)) : [];
		rmSync(file, {force: true});
		const durable: Written[] = [];
		let bytes = 0;
		for (const record of records.reverse()) {
			if (record.isLost) bytes += takeBack(record, durable);
			else durable.push(record);
		}
		return bytes;
	}
}

interface Written {
	readonly path: string;
	readonly offset: number;
	readonly length: number;
}

interface JournalRecord extends Written {
	readonly isLost: boolean;
	/** What was there before; shorter where the file ended. */
	readonly old: Buffer;
}

function readJournal(bytes: Buffer): JournalRecord[] {
	const records: JournalRecord[] = [];
	for (let at = 0; at < bytes.length;) {
		const end = bytes.indexOf(0x0a, at);
		const [type, file = '', offset, length, oldLength] = bytes.toString('utf8', at, end).split(' ');
		const old = bytes.subarray(end + 1, end + 1 + Number(oldLength));
		records.push({isLost: type === 'L', path: file, offset: Number(offset), length: Number(length), old});
		at = end + 1 + Number(oldLength);
	}
	return records;
}

/** What a later write has made durable stays. Where there was nothing before, there are zeros: sizes are kept. */
function takeBack(record: JournalRecord, durable: readonly Written[]): number {
	if (!existsSync(record.path)) return 0;
	const old = Buffer.concat([record.old, Buffer.alloc(record.length - record.old.length)]);
	const kept = durable.filter(({path}) => path === record.path);
	const descriptor = openSync(record.path, 'r+');
	let bytes = 0;
	for (let at = 0; at < record.length; at++) {
		const place = record.offset + at;
		if (kept.some(({offset, length}) => place >= offset && place < offset + length)) continue;
		writeSync(descriptor, old, at, 1, place);
		bytes++;
	}
	closeSync(descriptor);
	return bytes;
}
