const COLOUR = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;

const paint = (code: number) => (text: string) => (COLOUR ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = paint(1);
const dim = paint(2);
const green = paint(32);

let step = 0;

/** Begins a numbered part of the demo. */
export function heading(text: string, explanation: string): void {
  step++;
  console.log(`\n${bold(`${step}. ${text}`)}\n${dim(`   ${explanation}`)}\n`);
}

export function line(text = ''): void {
  console.log(text === '' ? '' : `   ${text}`);
}

/** A fact that was checked. */
function proved(text: string): void {
  line(`${green('✓')} ${text}`);
}

/** Ends the demo unless a fact holds: it shows nothing that is not so. */
export function check(fact: boolean, text: string): void {
  if (!fact) throw new Error(`the demo did not get what it promises: ${text}`);
  proved(text);
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

export function milliseconds(value: number): string {
  return value >= 1 ? `${value.toFixed(1)} ms` : `${(value * 1000).toFixed(0)} µs`;
}

/** Rows under a head; the first column to the left, the others to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]!.length)));
  const format = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('   ');
  line(dim(format(head)));
  for (const row of rows) line(format(row));
}
