/**
 * The `execArgv` option of a new thread. A thread takes over the flags of its process, and `--input-type` among them (a
 * program that Node read from its standard input) makes Node refuse every thread that runs a file. To leave out that one
 * alone is not possible: Node refuses a list that names any flag of the whole process, such as V8's. So there all go.
 */
export function threadArguments(): {readonly execArgv?: string[]} {
	return process.execArgv.some(flag => flag.startsWith('--input-type')) ? {execArgv: []} : {};
}
