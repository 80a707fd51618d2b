import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

const ALGORITHM = 'aes-256-ctr';
const CHUNK = 1024 * 1024;

/**
 * Encrypts a file while it is being written, under a key that exists only in this process's memory, and decrypts it in
 * place once it is complete. If the process dies before that, cleanly or not, the file stays unreadable.
 */
export class Concealment {
  readonly #key = randomBytes(32);
  readonly #iv = randomBytes(16);
  readonly #cipher = createCipheriv(ALGORITHM, this.#key, this.#iv);

  /** The bytes to append for the next piece of text. */
  conceal(text: string): Buffer {
    return this.#cipher.update(text, 'utf8');
  }

  /** Decrypts the file, which must be open for reading and writing. Throws the signal's reason between two chunks. */
  async reveal(handle: FileHandle, signal: AbortSignal | undefined): Promise<void> {
    const decipher = createDecipheriv(ALGORITHM, this.#key, this.#iv);
    const chunk = Buffer.allocUnsafeSlow(CHUNK);
    for (let position = 0; ; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(chunk, 0, CHUNK, position);
      if (bytesRead === 0) return;
      await writeFully(handle, decipher.update(chunk.subarray(0, bytesRead)), position);
      position += bytesRead;
    }
  }
}

async function writeFully(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
