/** What the report page is made of, apart from its data. */
export const pageStyle = `
:root { color-scheme: light dark; --line: #8884; --core: #c62828; --may: #b26a00; --other: #607d8b; --placed: #1b6e3c; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 100rem; padding: 1rem 1.5rem 12rem; }
h1 { font-size: 1.3rem; margin: 0 0 .5rem; }
.bar { display: flex; gap: 1rem; flex-wrap: wrap; align-items: center; margin-bottom: .75rem; }
select, input, button { font: inherit; }
.reason { border-left: .3rem solid var(--core); padding: .2rem .8rem; margin: 0 0 .75rem; max-width: 80ch; overflow-wrap: anywhere; }
.hint { color: GrayText; margin: 0 0 .75rem; max-width: 90ch; }
.chart { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; padding-bottom: .5rem; }
.lane { position: relative; height: 2.6rem; border-bottom: 1px solid var(--line); min-width: 100%; }
.lane > .name { position: sticky; left: 0; z-index: 2; display: inline-block; width: 7rem; line-height: 2.6rem; padding-left: .6rem;
	background: Canvas; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.op { position: absolute; top: .3rem; height: 2rem; box-sizing: border-box; padding: 0 .4rem; border: 2px solid var(--other); border-radius: .3rem;
	background: Canvas; color: CanvasText; text-align: left; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; cursor: pointer; }
.op.core { border-color: var(--core); } .op.may { border-color: var(--may); border-style: dashed; } .op.placed { border-color: var(--placed); }
.op.unknown { border-right: 0; border-radius: .3rem 0 0 .3rem; }
.op.stuck { border-color: var(--core); background: #c6282833; font-weight: 600; }
.op:focus, .op:hover, .op.shown { outline: 3px solid Highlight; z-index: 1; }
.op b { margin-right: .4rem; }
#detail { position: fixed; left: 0; right: 0; bottom: 0; background: Canvas; border-top: 2px solid var(--line); padding: .6rem 1.5rem; min-height: 6rem; }
#detail dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: 0; } #detail dd { margin: 0; overflow-wrap: anywhere; }
`;

/** Runs in a browser; makes the page from the JSON beside it, with `textContent` only. */
export const pageScript = `
'use strict';
const keys = JSON.parse(document.getElementById('data').textContent);
const page = document.getElementById('page');
const element = (tag, className, text) => {
	const made = document.createElement(tag);
	if (className) made.className = className;
	if (text !== undefined) made.textContent = text;
	return made;
};
const words = type => type.replace(/[A-Z]/g, letter => ' ' + letter.toLowerCase());
const picker = element('select');
for (const [place, {source, key, type}] of keys.entries()) {
	const option = element('option', '', (source ? source + ', ' : '') + 'key ' + JSON.stringify(key) + ': ' + words(type));
	option.value = place;
	picker.append(option);
}
const all = element('input');
all.type = 'checkbox';
const search = element('input');
search.type = 'search';
search.placeholder = 'find an operation';
search.setAttribute('aria-label', 'find an operation');
const bar = element('div', 'bar');
const pickerLabel = element('label', '', 'Key ');
pickerLabel.append(picker);
const allLabel = element('label');
allLabel.append(all, ' show the other operations of the key, too');
bar.append(pickerLabel, allLabel, search);
const body = element('div');
const detail = element('aside');
detail.id = 'detail';
detail.setAttribute('aria-live', 'polite');
page.append(element('h1', '', keys.length === 0 ? 'No violations' : 'Not linearizable'), bar, body);
document.body.append(detail);

const show = operation => {
	detail.replaceChildren();
	if (!operation) return detail.append(element('p', 'hint', 'Point at an operation, or reach it with Tab and the arrow keys, to see the state before and after it.'));
	const list = element('dl');
	const add = (name, value) => list.append(element('dt', '', name), element('dd', '', value));
	add('operation', operation.label + ' (client ' + operation.process + ')');
	add('time', operation.call + ' to ' + (operation.end === null ? '?, outcome unknown' : operation.end));
	if (operation.order !== null) {
		add('placed', 'number ' + operation.order + ' of the longest possible order');
		add('before', operation.before);
		add('after', operation.after);
	} else if (operation.isStuck) {
		add('contradiction', 'must come next, and cannot: the state is ' + keys[picker.value].finalState);
	} else if (operation.core === 0) add('role', 'not needed for the contradiction');
	else add('role', 'not placed');
	if (operation.core === 2) add('note', 'the contradiction holds even if this one happened at any time after its call, or never');
	detail.append(list);
};

const draw = () => {
	body.replaceChildren();
	show();
	const chosen = keys[picker.value];
	if (!chosen) return;
	const reason = element('p', 'reason');
	reason.append(element('strong', '', words(chosen.type)), ': ' + chosen.detail);
	const operations = chosen.operations.filter(operation => all.checked || operation.core > 0);
	const size = chosen.operations.filter(operation => operation.core > 0).length;
	body.append(reason, element('p', 'hint', (chosen.isMinimal ? 'Smallest contradiction found: ' : 'A contradiction (not minimized to the end): ') + size + ' of ' +
		chosen.total + ' operations. Green: can be ordered, by number. Red: must come next and cannot. Dashed: may happen at any time after its call, or never. The time axis is stretched so that each event has room.'));
	const times = [...new Set(operations.flatMap(({call, end}) => end === null ? [call] : [call, end]))].sort((a, b) => a - b);
	const columnWidth = Math.max(5, Math.min(14, 76 / (times.length + 1)));
	const column = new Map(times.map((time, place) => [time, place]));
	const chart = element('div', 'chart');
	const lanes = new Map();
	for (const operation of operations) {
		if (!lanes.has(operation.process)) {
			const lane = element('div', 'lane');
			lane.style.width = 8 + (times.length + 1) * columnWidth + 'rem';
			lane.append(element('span', 'name', 'client ' + operation.process));
			lanes.set(operation.process, lane);
		}
		const from = column.get(operation.call);
		const until = operation.end === null ? times.length + .5 : column.get(operation.end);
		const box = element('button', 'op ' + ['', 'core', 'may'][operation.core]);
		box.type = 'button';
		if (operation.end === null) box.classList.add('unknown');
		if (operation.order !== null) box.classList.add('placed');
		if (operation.isStuck) box.classList.add('stuck');
		if (operation.order !== null) box.append(element('b', '', operation.order));
		box.append(operation.label);
		box.style.left = 8 + from * columnWidth + 'rem';
		box.style.width = Math.max((until - from) * columnWidth, columnWidth * .9) + 'rem';
		box.addEventListener('focus', () => show(operation));
		box.addEventListener('mouseenter', () => show(operation));
		lanes.get(operation.process).append(box);
	}
	chart.append(...lanes.values());
	chart.addEventListener('keydown', event => {
		const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
		if (!step) return;
		const boxes = [...chart.querySelectorAll('.op')];
		const next = boxes[boxes.indexOf(document.activeElement) + step];
		if (next) next.focus();
		event.preventDefault();
	});
	body.append(chart);
};
picker.addEventListener('change', draw);
all.addEventListener('change', draw);
search.addEventListener('input', () => {
	const sought = search.value.toLowerCase();
	const boxes = [...document.querySelectorAll('.op')];
	for (const box of boxes) box.classList.toggle('shown', sought !== '' && box.textContent.toLowerCase().includes(sought));
	const first = boxes.find(box => box.classList.contains('shown'));
	if (first) first.scrollIntoView({block: 'nearest', inline: 'center'});
});
draw();
`;
