import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder, removed by the given hook, such as `onTestFinished`. */
export function makeTempDir(onFinished: (cleanup: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'pw-cache-'));
  onFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
