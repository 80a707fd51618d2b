import { randomBytes } from 'node:crypto';

/** A credential that can be found again, whatever it was turned into; it holds characters that a URL must escape. */
export class Marker {
  readonly text: string;
  /** Where it may not be found, by what it was turned into. */
  readonly #spellings: ReadonlyMap<string, string>;

  constructor(name: string) {
    // The core alone would do; the rest is what real passwords have, and what makes escaping visible.
    const core = `${name}${randomBytes(12).toString('hex')}`;
    this.text = `${core}/p@:%é`;
    this.#spellings = new Map([
      ['clear', core],
      ['hex', Buffer.from(core).toString('hex')],
      ['percent-encoded, every byte', Buffer.from(core).toString('hex').replace(/../g, '%$&')],
      ['reversed', [...core].reverse().join('')],
      ...[0, 1, 2].map((shift) => [`base64, shifted by ${shift}`, base64Core(core, shift)] as const),
    ]);
  }

  /** What the marker was turned into in a text or file; empty if it is not there. */
  foundIn(bytes: string | Buffer): string[] {
    const text = typeof bytes === 'string' ? bytes : bytes.toString('latin1');
    const lower = text.toLowerCase();
    return [...this.#spellings]
      .filter(([name, spelling]) => (name.startsWith('base64') ? text : lower).includes(spelling))
      .map(([name]) => name);
  }
}

/** What every base64 of a text with the core in it has in common, if so many bytes (modulo 3) stand before it. */
function base64Core(core: string, shift: number): string {
  const whole = Buffer.from('x'.repeat(shift) + core).toString('base64');
  return whole.slice(shift === 0 ? 0 : 4, whole.length - 4);
}
