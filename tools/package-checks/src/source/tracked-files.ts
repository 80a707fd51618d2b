import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Files under version control and new files that are not ignored: paths from the repository's root, sorted. */
export function trackedFiles(root: string): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const output = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });
  const files = new Set(output.split('\0').filter((file) => file !== ''));
  // A file that was deleted but not committed yet is still listed.
  return [...files].filter((file) => existsSync(join(root, file))).sort();
}
