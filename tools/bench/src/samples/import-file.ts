import { writeFileSync } from 'node:fs';
import type { CacheEntry } from '@pw/cache-models';

/** Writes a JSON Lines file as users import it: URL, two credentials in clear, source. */
export function writeImportFile(path: string, entries: readonly CacheEntry[]): void {
  const rows = entries.map((entry) =>
    JSON.stringify({
      proxy_url: entry.proxyUrl,
      username: entry.username?.reveal(),
      password: entry.password?.reveal(),
      source: entry.source,
    }),
  );
  writeFileSync(path, `${rows.join('\n')}\n`, { mode: 0o600 });
}
