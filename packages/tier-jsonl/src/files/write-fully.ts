import { writeSync } from 'node:fs';

/**
 * Writes all bytes at a position, or at the end if it is `null`: a full disk may accept some of them without an error.
 * Throws the system's error.
 */
export function writeFully(fd: number, bytes: Uint8Array, position: number | null): void {
  let done = 0;
  while (done < bytes.length) {
    const at = position === null ? null : position + done;
    const written = writeSync(fd, bytes, done, bytes.length - done, at);
    if (written === 0) throw Object.assign(new Error('nothing was written'), { code: 'EIO' });
    done += written;
  }
}
