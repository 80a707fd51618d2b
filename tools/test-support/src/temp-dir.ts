import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder, removed by the given hook, such as `onTestFinished`. */
export function makeTempDir(onFinished: (cleanup: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'pw-cache-'));
  // A process that a test has just killed may leave a last file while the folder is being removed.
  onFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}
