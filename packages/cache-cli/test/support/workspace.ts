import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { CURRENT_KEY_VARIABLE, generateKey } from '@pw/cache-crypto';
import { makeTempDir } from '@pw/test-support';
import { onTestFinished } from 'vitest';
import { cli } from './run-cli.ts';

const key = { [CURRENT_KEY_VARIABLE]: generateKey() };

/** A folder with files to import, and the path of a cache that does not exist yet. */
export function workspace(files: Record<string, string> = {}) {
  const root = makeTempDir(onTestFinished);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  const dir = join(root, 'cache');
  const path = (name: string) => join(root, name);
  return {
    dir,
    path,
    cli: (argv: string[], env: Record<string, string> = key, stdin?: string) =>
      cli(
        ['--dir', dir, ...argv],
        env,
        undefined,
        stdin === undefined ? undefined : Readable.from([Buffer.from(stdin)]),
      ),
  };
}

export const LIST =
  '198.51.100.1:80\n198.51.100.2:80\nann:hunter2@gate.example:9000\nbob:swordfish@gate.example:9000\n';
