/** Dark or light: as the system has it, until somebody chooses. */
import {byId} from './dom.js';

const key = 'threadraft-theme';

/** `changed`: told after each change. */
export function watchTheme(changed: () => void): void {
	const system = matchMedia('(prefers-color-scheme: dark)');
	const show = (): void => {
		const theme = chosen() ?? (system.matches ? 'dark' : 'light');
		document.documentElement.dataset['theme'] = theme;
		byId('theme').title = `${theme}: choose the other`;
		changed();
	};
	system.addEventListener('change', show);
	byId('theme').addEventListener('click', () => {
		choose(document.documentElement.dataset['theme'] === 'dark' ? 'light' : 'dark');
		show();
	});
	show();
}

/** A page that is opened as a file may have no storage. */
function chosen(): string | undefined {
	try {
		return localStorage.getItem(key) ?? undefined;
	} catch {
		return undefined;
	}
}

function choose(theme: string): void {
	try {
		localStorage.setItem(key, theme);
	} catch {
		// Then it holds until the page is closed: nothing reads it back.
		document.documentElement.dataset['theme'] = theme;
	}
}
