/** What a user may set in the console, for this session. */
import type {CommandArguments} from './command-arguments.js';

export interface Settings {
	/** How long a command may take that has no deadline of its own, ms. */
	deadlineMs: number;
	/** When a command goes to the background at a terminal, ms. */
	backgroundMs: number;
	hasColours: boolean;
	/** For a screen reader: no boxes, and nothing that was written is written over. */
	isPlain: boolean;
	/** Whether what happens by itself is told. */
	hasNotices: boolean;
}

/** As a script has them. */
export const defaultSettings: Readonly<Settings> = {
	deadlineMs: 10_000,
	backgroundMs: 250,
	hasColours: false,
	isPlain: false,
	hasNotices: true,
};

export interface SettingDefinition {
	readonly name: string;
	/** The values, as a user writes them. */
	readonly usage: string;
	readonly summary: string;
	/** What Tab offers. */
	readonly words: readonly string[];
	text(settings: Settings): string;
	/** Throws a `ConsoleSyntaxError`. Answers with what sets it. */
	parse(words: CommandArguments): (settings: Settings) => void;
}

type Flag = 'hasColours' | 'isPlain' | 'hasNotices';

const flag = (name: string, key: Flag, summary: string): SettingDefinition => ({
	name,
	usage: 'on|off',
	summary,
	words: ['on', 'off'],
	text: settings => (settings[key] ? 'on' : 'off'),
	parse: words => {
		const isOn = words.oneOf(['on', 'off']) === 'on';
		return settings => void (settings[key] = isOn);
	},
});

/** As it is typed. */
const shownDuration = (ms: number): string => (ms >= 1000 ? `${ms / 1000}s` : `${ms}ms`);

const duration = (name: string, key: 'deadlineMs' | 'backgroundMs', summary: string): SettingDefinition => ({
	name,
	usage: 'TIME',
	summary,
	words: [],
	text: settings => shownDuration(settings[key]),
	parse: words => {
		const durationMs = words.durationMs();
		return settings => void (settings[key] = durationMs);
	},
});

export const settingDefinitions: readonly SettingDefinition[] = [
	duration('deadline', 'deadlineMs', 'how long a command may take'),
	duration('background', 'backgroundMs', 'after how long a command goes to the background'),
	flag('colours', 'hasColours', 'colours'),
	flag('notices', 'hasNotices', 'tell elections and the like as they happen'),
	flag('plain', 'isPlain', 'for a screen reader: no boxes, nothing written over'),
];
