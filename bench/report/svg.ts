/** echarts on the server: options in, SVG text out. */
import {type EChartsOption, init} from 'echarts';

export function svgOf(
	option: EChartsOption,
	{width, height}: {readonly width: number; readonly height: number},
): string {
	const chart = init(null, null, {renderer: 'svg', ssr: true, width, height});
	chart.setOption({backgroundColor: '#ffffff', animation: false, ...option});
	const svg = chart.renderToSVGString();
	chart.dispose();
	return svg;
}
