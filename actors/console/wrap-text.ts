import {Help} from 'commander';

/** Lines of whole words; a word that is longer than a line stays whole. Indents stay, and so do line breaks. */
export function wrapText(text: string, columns: number): readonly string[] {
	const wrapper = new Help();
	wrapper.minWidthToWrap = 1;
	return wrapper.boxWrap(text, Math.max(1, columns)).split('\n');
}
