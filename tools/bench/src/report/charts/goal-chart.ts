import { COLOURS, round, svgDocument, svgLine, svgText } from './svg.ts';

export interface GoalBar {
  readonly label: string;
  /** The figure as a multiple of the goal's limit: at 1 the goal is just met. */
  readonly used: number;
}

const WIDTH = 900;
const [LEFT, RIGHT] = [500, 820];
const ROW = 22;
/** Bars end at this distance in either direction; the number shows the rest. */
const DECADES = 1.5;

/** A bar for each goal on a logarithmic scale: met to the left of the line, missed to the right. */
export function goalChart(title: string, bars: readonly GoalBar[]): string {
  const middle = (LEFT + RIGHT) / 2;
  const bottom = 48 + bars.length * ROW;
  const elements = [svgText(16, 22, title, { className: 'title' })];
  elements.push(svgText(middle - 8, 40, 'met', { anchor: 'end' }), svgText(middle + 8, 40, 'missed'));
  for (const [i, { label, used }] of bars.entries()) {
    const y = 50 + i * ROW;
    const bounded = Math.max(-DECADES, Math.min(DECADES, Math.log10(used)));
    const end = middle + (bounded / DECADES) * ((RIGHT - LEFT) / 2);
    const [x, width] = [Math.min(middle, end), Math.abs(end - middle)];
    const colour = used <= 1 ? COLOURS[2] : COLOURS[1];
    elements.push(svgText(LEFT - 12, y + 12, label, { anchor: 'end' }));
    elements.push(`<rect x="${round(x)}" y="${y}" width="${round(width)}" height="${ROW - 6}" fill="${colour}"/>`);
    elements.push(svgText(RIGHT + 12, y + 12, `${used.toFixed(2)}×`));
  }
  elements.push(svgLine(middle, 44, middle, bottom, 'goal'));
  return svgDocument(WIDTH, bottom + 12, title, elements);
}
