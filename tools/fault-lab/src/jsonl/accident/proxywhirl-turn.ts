import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CacheEntry, entryToRecord } from '@pw/cache-models';

/** Writes entries to a shard as ProxyWhirl does: under its own lock file, it reads and replaces the whole shard. */
export function takeProxyWhirlTurn(directory: string, entries: readonly CacheEntry[], shard = 'shard_00.jsonl'): void {
  const path = join(directory, shard);
  writeFileSync(join(directory, shard.replace('.jsonl', '.lock')), '');
  const lines = new Map(recordsOf(existsSync(path) ? readFileSync(path, 'utf8') : ''));
  for (const entry of entries) lines.set(entry.key, JSON.stringify(entryToRecord(entry, undefined)));
  const temporary = `${path}.${process.pid}.1.tmp`;
  writeFileSync(temporary, [...lines.values()].map((line) => `${line}\n`).join(''));
  renameSync(temporary, path);
}

/** ProxyWhirl drops every line that is not a record; the last one of a key counts. */
function* recordsOf(text: string): Generator<[key: string, line: string]> {
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const { key } = JSON.parse(line) as { readonly key?: string };
    if (key !== undefined) yield [key, line];
  }
}
