/** Anything else would break the lines of CLIENT LIST. */
export function isValidName(name: string): boolean {
	return /^[!-~]*$/.test(name);
}

export function invalidName(what: string): string {
	return `ERR ${what} cannot contain spaces, newlines or special characters.`;
}
