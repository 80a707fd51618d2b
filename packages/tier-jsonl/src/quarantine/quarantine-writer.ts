import { writeFully } from '../files/write-fully.ts';

const PENDING = 256 * 1024;
const [NEWLINE, NUL] = [0x0a, 0];
/** From this many NUL bytes in a row, only their number is written. */
const MANY_NULS = 1024;
/** Bytes that are compared at a time. */
const ZEROS = Buffer.alloc(64 * 1024);

/**
 * Copies the bytes that are set aside, in few system calls. A long run of NUL bytes, such as a hole in a file, becomes
 * a line `{"pw_nul_bytes":<count>}`: a copy would take disk space that the hole does not.
 */
export class QuarantineWriter {
  readonly #fd: number;
  readonly #pending = Buffer.allocUnsafe(PENDING);
  #length = 0;
  #nuls = 0;
  /** True if the last byte written was a newline. */
  #isAtStart = true;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Adds bytes; the buffer may be reused afterwards. */
  add(bytes: Buffer): void {
    if (this.#nuls === 0 && !bytes.includes(NUL)) {
      this.#put(bytes);
      return;
    }
    for (let at = 0; at < bytes.length; ) {
      const end = this.#afterNuls(bytes, at);
      this.#nuls += end - at;
      if (end === bytes.length) return;
      this.#endNuls();
      at = end;
      while (at < bytes.length && bytes[at] !== NUL) at++;
      this.#put(bytes.subarray(end, at));
    }
  }

  endLine(): void {
    const isNote = this.#nuls >= MANY_NULS;
    this.#endNuls();
    // The note included a newline.
    if (!isNote) this.#put(LINE_END);
  }

  /** Writes the pending bytes. Throws the system's error. */
  flush(): void {
    writeFully(this.#fd, this.#pending.subarray(0, this.#length), null);
    this.#length = 0;
  }

  #afterNuls(bytes: Buffer, from: number): number {
    let at = from;
    while (at + ZEROS.length <= bytes.length && ZEROS.compare(bytes, at, at + ZEROS.length) === 0) at += ZEROS.length;
    while (at < bytes.length && bytes[at] === NUL) at++;
    return at;
  }

  #endNuls(): void {
    const count = this.#nuls;
    this.#nuls = 0;
    if (count >= MANY_NULS) this.#put(Buffer.from(`${this.#isAtStart ? '' : '\n'}{"pw_nul_bytes":${count}}\n`));
    else if (count > 0) this.#put(ZEROS.subarray(0, count));
  }

  #put(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#isAtStart = bytes[bytes.length - 1] === NEWLINE;
    if (this.#length + bytes.length > PENDING) this.flush();
    if (bytes.length > PENDING) writeFully(this.#fd, bytes, null);
    else this.#length += bytes.copy(this.#pending, this.#length);
  }
}

const LINE_END = Buffer.from('\n');
