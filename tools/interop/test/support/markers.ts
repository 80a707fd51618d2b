import { randomBytes } from 'node:crypto';

/** A credential that can be found in any encoding; it contains characters that a URL must escape. */
export class Marker {
  readonly text: string;
  /** The forms in which it must not be found, by encoding. */
  readonly #spellings: ReadonlyMap<string, string>;

  constructor(name: string) {
    // The core would be enough; the rest is typical of passwords, and makes escaping visible.
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

  /** The encodings of the marker that a string or file contains; empty if none. */
  foundIn(bytes: string | Buffer): string[] {
    const text = typeof bytes === 'string' ? bytes : bytes.toString('latin1');
    const lower = text.toLowerCase();
    return [...this.#spellings]
      .filter(([name, spelling]) => (name.startsWith('base64') ? text : lower).includes(spelling))
      .map(([name]) => name);
  }
}

/** The common part of the base64 of all strings that contain the core after this many bytes (modulo 3). */
function base64Core(core: string, shift: number): string {
  const whole = Buffer.from('x'.repeat(shift) + core).toString('base64');
  return whole.slice(shift === 0 ? 0 : 4, whole.length - 4);
}
