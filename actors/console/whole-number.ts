import {InvalidArgumentError} from 'commander';

/** Reads an option's value; commander tells the user what was wrong with it. */
export function wholeNumber(min: number, max: number): (text: string) => number {
	return text => {
		const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
		if (value >= min && value <= max) return value;
		throw new InvalidArgumentError(`Write a whole number from ${min} to ${max}.`);
	};
}
