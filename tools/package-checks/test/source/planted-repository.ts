import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeTempDir } from '@pw/test-support';
import { onTestFinished } from 'vitest';

/** A new repository with these files, by path from its root. */
export function plantRepository(files: Readonly<Record<string, string>>): string {
  const root = makeTempDir(onTestFinished);
  execFileSync('git', ['init', '-q'], { cwd: root });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}
