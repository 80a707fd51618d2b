import { COLOURS, round, svgDocument, svgLine, svgText } from './svg.ts';

export interface LineSeries {
  readonly name: string;
  /** One value per column; undefined if there is none. */
  readonly values: readonly (number | undefined)[];
}

export interface LineChart {
  readonly title: string;
  readonly columns: readonly string[];
  /** The meaning of the columns. */
  readonly axis: string;
  readonly series: readonly LineSeries[];
  /** The upper end of a linear scale from 0; without it, the scale is logarithmic. */
  readonly top?: number;
  readonly format: (value: number) => string;
}

const [WIDTH, HEIGHT] = [720, 320];
const [LEFT, RIGHT, TOP, BOTTOM] = [70, 560, 40, 270];
const STEPS = 4;

/** A line per series over equally spaced columns, with a legend at the right. */
export function lineChart(chart: LineChart): string {
  const height = heightScale(chart);
  const place = (column: number) => LEFT + 20 + ((RIGHT - LEFT - 40) * column) / Math.max(1, chart.columns.length - 1);
  const elements = [svgText(LEFT, 22, chart.title, { className: 'title' })];
  for (const value of height.ticks) {
    const y = height.of(value);
    elements.push(svgLine(LEFT, y, RIGHT, y, 'grid'), svgText(LEFT - 8, y + 4, chart.format(value), { anchor: 'end' }));
  }
  for (const [i, column] of chart.columns.entries()) {
    elements.push(svgText(place(i), BOTTOM + 18, column, { anchor: 'middle' }));
  }
  elements.push(svgText((LEFT + RIGHT) / 2, BOTTOM + 38, chart.axis, { anchor: 'middle' }));
  // The first series is drawn last and dashed, so that a line below it stays visible.
  for (const [i, { name, values }] of [...chart.series.entries()].reverse()) {
    const colour = COLOURS[i % COLOURS.length]!;
    const points = values.flatMap((value, at) =>
      value === undefined ? [] : [`${round(place(at))},${round(height.of(value))}`],
    );
    elements.push(
      `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"${i === 0 ? ' stroke-dasharray="8 4"' : ''}/>`,
    );
    const y = TOP + 10 + i * 20;
    elements.push(`<rect x="${RIGHT + 16}" y="${y - 9}" width="10" height="10" fill="${colour}"/>`);
    elements.push(svgText(RIGHT + 32, y, name));
  }
  return svgDocument(WIDTH, HEIGHT, chart.title, elements);
}

function heightScale({ series, top }: LineChart) {
  const values = series.flatMap((line) => line.values.filter((value) => value !== undefined));
  if (top !== undefined) {
    const ticks = Array.from({ length: STEPS + 1 }, (_, i) => (top * i) / STEPS);
    return { ticks, of: (value: number) => BOTTOM - ((BOTTOM - TOP) * value) / top };
  }
  const most = Math.max(...values);
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.ceil(Math.log10(most));
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
  return { ticks, of: (value: number) => BOTTOM - ((BOTTOM - TOP) * (Math.log10(value) - from)) / (to - from) };
}
