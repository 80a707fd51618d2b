import { CURRENT_KEY_VARIABLE, generateKey } from '@pw/cache-crypto';
import type { CliContext, GlobalOptions } from '../cli-context.ts';

/** Prints only a new key to stdout: `export PROXYWHIRL_CACHE_ENCRYPTION_KEY=$(pw-cache generate-key)`. */
export async function printKey(context: CliContext, options: Pick<GlobalOptions, 'json'>): Promise<void> {
  const key = generateKey();
  if (options.json === true) await context.out.json({ key, variable: CURRENT_KEY_VARIABLE });
  else await context.out.line(key);
  if (context.out.isTerminal) {
    await context.err.line(
      `Keep this key: credentials encrypted with it cannot be read without it. The cache reads it from ${CURRENT_KEY_VARIABLE}.`,
    );
  }
}
