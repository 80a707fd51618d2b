/** 6642 → `6,642`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 row`, `2 rows`. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : nouns}`;
}

const UNITS: readonly [string, number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** A duration in its largest whole unit: `59 min`, `2 d`, `12 ms`. */
export function formatDuration(milliseconds: number): string {
  const unit = UNITS.find(([, size]) => Math.abs(milliseconds) >= size);
  if (unit === undefined) return `${Number(milliseconds.toPrecision(3))} ms`;
  const [name, size] = unit;
  const amount = milliseconds / size;
  return `${name === 's' ? amount.toFixed(1) : Math.floor(amount)} ${name}`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly the characters that must not reach a terminal
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Escapes control and text-direction characters, which could rewrite the screen of a terminal. */
export function printable(text: string): string {
  return text.replace(CONTROL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A table with columns as wide as their widest cell; columns of numbers are right-aligned. */
export function formatTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? formatCount(cell) : cell)));
  const widths = head.map((name, i) => Math.max(name.length, ...texts.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (typeof rows[0]?.[i] === 'number' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return `${[line(head), ...texts.map(line)].join('\n')}\n`;
}
