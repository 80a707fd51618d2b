import { basename } from 'node:path';
import { CURRENT_KEY_VARIABLE } from '@pw/cache-crypto';
import { runNode } from './child-process.ts';
import { bold, check, count, heading, line, table } from './screen.ts';
import { CACHE_FOLDER, httpProxies, INPUTS, pwCacheProgram } from './workspace.ts';

interface Statistics {
  readonly entries: number;
  readonly withCredentials: number;
  readonly tiers: readonly { tier: string; type: string; entries: number; maxEntries: number | null }[];
}

/** Fills the cache with the `pw-cache` command, and returns the key that the credentials are encrypted with. */
export async function importProxies(): Promise<string> {
  heading('Import', 'The pw-cache command reads a plain list, a JSON inventory and a list with credentials.');
  const program = pwCacheProgram();
  const key = (await runNode(program, ['generate-key'], {})).trim();
  const env = { [CURRENT_KEY_VARIABLE]: key };
  line(`${bold('$')} export ${CURRENT_KEY_VARIABLE}=$(pw-cache generate-key)`);
  line(`${bold('$')} pw-cache import ${INPUTS.map((path) => basename(path)).join(' ')}`);
  const printed = await runNode(program, ['--dir', CACHE_FOLDER, 'import', ...INPUTS], env);
  for (const text of printed.trimEnd().split('\n')) line(`  ${text.slice(text.lastIndexOf('/') + 1)}`);
  line(`${bold('$')} pw-cache stats`);
  const statistics = JSON.parse(await runNode(program, ['--dir', CACHE_FOLDER, 'stats', '--json'], env)) as Statistics;
  table(
    ['  tier', 'type', 'entries', 'limit'],
    statistics.tiers.map(({ tier, type, entries, maxEntries }) => [
      `  ${tier}`,
      type,
      count(entries),
      maxEntries === null ? 'none' : count(maxEntries),
    ]),
  );
  line();
  const wanted = httpProxies().length;
  check(
    statistics.entries > wanted,
    `${count(statistics.entries)} different proxies, ${statistics.withCredentials} with credentials`,
  );
  return key;
}
