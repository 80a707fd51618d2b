import type { Output } from '../streams/output.ts';

const REDRAW_MS = 80;
const WIDTH = 24;

/** One line that is drawn over and over on a terminal, and nothing anywhere else. */
export class ProgressBar {
  readonly #output: Output;
  readonly #label: string;
  readonly #now: () => number;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #visible = false;

  constructor(output: Output, label: string, now: () => number) {
    this.#output = output;
    this.#label = label;
    this.#now = now;
  }

  /** Shows how much is done: `fraction` from 0 to 1, or `undefined` where the whole is not known. */
  update(fraction: number | undefined, text: string): void {
    const now = this.#now();
    if (!this.#output.isTerminal || now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    this.#visible = true;
    // What is drawn is not done yet.
    const percent = fraction === undefined ? undefined : Math.min(99, Math.floor(fraction * 100));
    const bar = percent === undefined ? '' : `${drawBar(percent / 100)} ${String(percent).padStart(3)} %  `;
    const line = `${this.#label}  ${bar}${text}`.slice(0, this.#output.columns - 1);
    void this.#output.write(`\r\u001b[2K${line}`);
  }

  /** Takes the line away. */
  async clear(): Promise<void> {
    if (this.#visible) await this.#output.write('\r\u001b[2K');
    this.#visible = false;
  }
}

function drawBar(fraction: number): string {
  const full = Math.floor(Math.max(fraction, 0) * WIDTH);
  return '█'.repeat(full) + '░'.repeat(WIDTH - full);
}
