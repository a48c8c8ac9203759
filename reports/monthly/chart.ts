import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { FONTS } from '../shared/fonts.js';
import { type Html, raw } from '../shared/html.js';

echarts.use([BarChart, LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** CSS pixels. */
export const WIDTH = 960;
export const INK = '#24323d';
const GRID_LINE = '#e1e5e8';

export type Option = Parameters<ReturnType<typeof echarts.init>['setOption']>[0];

/** A chart as an inline SVG. */
export function draw(option: Option, height: number): Html {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: FONTS, color: INK }, ...option });
    return raw(inline(chart.renderToSVGString()));
  } finally {
    chart.dispose();
  }
}

/**
 * Makes the library's stand-alone SVG document a part of a page: no namespaces, no fixed size, no hover rules, and
 * no class names counted over all charts drawn before (the same report is the same bytes).
 */
function inline(svg: string): string {
  return svg
    .replace(/\sxmlns(:\w+)?="[^"]*"/g, '')
    .replace(/\secmeta_\w+="[^"]*"/g, '')
    .replace(/<style[^>]*>[\s\S]*?<\/style>/g, '')
    .replace(/\sclass="zr[^"]*"/g, '')
    .replace(/^<svg width="\d+" height="(\d+)"/, `<svg class="chart" role="img" viewBox="0 0 ${WIDTH} $1"`);
}

export const valueAxis = {
  type: 'value' as const,
  axisLabel: { fontSize: 11, hideOverlap: true, color: INK },
  splitLine: { lineStyle: { color: GRID_LINE } },
  splitNumber: 4,
};

/** Names of the series below the chart. */
export function legend(names: readonly string[]) {
  return {
    bottom: 0,
    itemWidth: 12,
    itemHeight: 12,
    itemGap: 16,
    data: [...names],
    textStyle: { fontSize: 12, color: INK },
  };
}
