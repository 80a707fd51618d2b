import { writeFileSync } from 'node:fs';
import type { CacheEntry } from '@pw/cache-models';

/** A JSON Lines file as programs hand it in: URL, two credentials in clear, source. */
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
