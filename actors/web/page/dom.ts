/** Elements of the page. */

/** The element of this id; that it is there is up to page.html. */
export const byId = (id: string): HTMLElement => elementOf(id, HTMLElement);

/** The same, as an element of this kind. */
export function elementOf<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
	const element = document.querySelector(`#${id}`);
	if (element instanceof kind) return element;
	throw new Error(`page.html has no ${kind.name} ${id}`);
}

type Child = Node | string;

/** A new element with these attributes. */
export function make<Name extends keyof HTMLElementTagNameMap>(
	name: Name,
	attributes: Readonly<Record<string, string>> = {},
	...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
	const element = document.createElement(name);
	for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
	element.append(...children);
	return element;
}

/** Writes only what is new: what the browser need not lay out again stays as it is. */
export function setText(element: Element, text: string): void {
	if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string): void {
	if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

const colours = new Map<string, string>();
let coloursTheme: string | undefined;

/** A colour of page.css, as it is in the present theme. Canvases ask hundreds of times a second: the browser is asked once. */
export function colourOf(name: string): string {
	const {theme} = document.documentElement.dataset;
	if (theme !== coloursTheme) colours.clear();
	coloursTheme = theme;
	const known = colours.get(name);
	if (known !== undefined) return known;
	const colour = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
	colours.set(name, colour);
	return colour;
}

interface Size {
	readonly width: number;
	readonly height: number;
}

/** Of each canvas, CSS pixels. To ask the page for them would have it laid out in the middle of a frame. */
const sizes = new WeakMap<Element, Size>();
const sizeWatch = new ResizeObserver(entries => {
	for (const {target} of entries) sizes.set(target, sizeOf(target));
});

const sizeOf = ({clientWidth: width, clientHeight: height}: Element): Size => ({width, height});

function watchedSizeOf(canvas: HTMLCanvasElement): Size {
	const known = sizes.get(canvas);
	if (known !== undefined) return known;
	const size = sizeOf(canvas);
	sizes.set(canvas, size);
	sizeWatch.observe(canvas);
	return size;
}

/** A canvas of the size that it has on the page, sharp on every screen. Its own coordinates are CSS pixels. */
export function fitCanvas(canvas: HTMLCanvasElement): {
	context: CanvasRenderingContext2D;
	width: number;
	height: number;
} {
	const {width, height} = watchedSizeOf(canvas);
	const scale = window.devicePixelRatio;
	const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
	if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, {width: wide, height: high});
	const context = canvas.getContext('2d');
	if (context === null) throw new Error('this browser has no canvas');
	context.setTransform(scale, 0, 0, scale, 0, 0);
	return {context, width, height};
}
