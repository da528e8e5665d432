/** Why an operation has no result: what the client of the service rejected with. */
export class Failure {
	readonly error: unknown;

	constructor(error: unknown) {
		this.error = error;
	}
}
