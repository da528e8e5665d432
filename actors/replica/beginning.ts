/** Something that begins once, and is waited for. */
export class Beginning {
	readonly begun: Promise<void>;
	/** Later calls change nothing. */
	begin: () => void = () => undefined;

	constructor() {
		this.begun = new Promise(resolve => {
			this.begin = resolve;
		});
	}
}
