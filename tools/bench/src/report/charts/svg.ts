/** Colours that are distinguishable with impaired colour vision, on white and on black (Okabe and Ito). */
export const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#7f7f7f', '#e69f00', '#56b4e9'] as const;

const STYLE = `text { font: 12px system-ui, sans-serif; fill: #333 } .title { font-weight: 600; font-size: 14px }
  .grid { stroke: #ddd } .axis { stroke: #888 } .goal { stroke: #c00; stroke-dasharray: 4 3 }
  @media (prefers-color-scheme: dark) { text { fill: #ccc } .grid { stroke: #333 } .goal { stroke: #f66 } }`;

/** A complete picture from its elements; the title is for screen readers. */
export function svgDocument(width: number, height: number, title: string, elements: readonly string[]): string {
  const box = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${box} role="img">\n<title>${escapeText(title)}</title>\n<style>${STYLE}</style>\n${elements.join('\n')}\n</svg>\n`;
}

export interface TextOptions {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly className?: string;
}

export function svgText(x: number, y: number, text: string, { anchor = 'start', className }: TextOptions = {}): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${classOf(className)}>${escapeText(text)}</text>`;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

export function svgLine(x1: number, y1: number, x2: number, y2: number, className: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"${classOf(className)}/>`;
}

/** Rounds to one decimal, which keeps the files small and their diffs short. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function classOf(name: string | undefined): string {
  return name === undefined ? '' : ` class="${name}"`;
}
