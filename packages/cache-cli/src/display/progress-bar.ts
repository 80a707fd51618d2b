import type { Output } from '../streams/output.ts';

const REDRAW_MS = 80;
const WIDTH = 24;

/** A progress line, redrawn in place on a terminal. Draws nothing elsewhere. */
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

  /** Redraws the line. `fraction` is from 0 to 1, or `undefined` if the total is unknown. */
  update(fraction: number | undefined, text: string): void {
    const now = this.#now();
    if (!this.#output.isTerminal || now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    this.#visible = true;
    // Never 100 %: while the bar is shown, the work is not finished.
    const percent = fraction === undefined ? undefined : Math.min(99, Math.floor(fraction * 100));
    const bar = percent === undefined ? '' : `${drawBar(percent / 100)} ${String(percent).padStart(3)} %  `;
    const line = `${this.#label}  ${bar}${text}`.slice(0, this.#output.columns - 1);
    void this.#output.write(`\r\u001b[2K${line}`);
  }

  /** Erases the line. */
  async clear(): Promise<void> {
    if (this.#visible) await this.#output.write('\r\u001b[2K');
    this.#visible = false;
  }
}

function drawBar(fraction: number): string {
  const full = Math.floor(Math.max(fraction, 0) * WIDTH);
  return '█'.repeat(full) + '░'.repeat(WIDTH - full);
}
