const COLOUR = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;

const paint = (code: number) => (text: string) => (COLOUR ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = paint(1);
const dim = paint(2);
const green = paint(32);

let step = 0;

/** Starts a numbered step of the demo. */
export function heading(text: string, explanation: string): void {
  step++;
  console.log(`\n${bold(`${step}. ${text}`)}\n${dim(`   ${explanation}`)}\n`);
}

export function line(text = ''): void {
  console.log(text === '' ? '' : `   ${text}`);
}

function printChecked(text: string): void {
  line(`${green('✓')} ${text}`);
}

/** Prints a fact after checking it; throws if it is not true. */
export function check(fact: boolean, text: string): void {
  if (!fact) throw new Error(`check of the demo failed: ${text}`);
  printChecked(text);
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

export function milliseconds(value: number): string {
  return value >= 1 ? `${value.toFixed(1)} ms` : `${(value * 1000).toFixed(0)} µs`;
}

/** Prints rows under a header, the first column left-aligned and the others right-aligned. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]!.length)));
  const format = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('   ');
  line(dim(format(head)));
  for (const row of rows) line(format(row));
}
