import { type CacheEntry, type HealthStatus, maskCredentials, type WantedLabels } from '@pw/cache-models';
import { labelTest } from '@pw/cache-models/tier';
import type { CliContext, GlobalOptions } from '../cli-context.ts';
import { formatDuration, printable } from '../display/format.ts';
import { checkComplete, openStore } from '../store/open-store.ts';
import { unreadableCount, warnOfUnreadable } from '../store/unreadable-records.ts';

export interface ListOptions extends GlobalOptions {
  readonly limit?: number;
  readonly source?: string;
  readonly health?: HealthStatus;
  readonly label?: WantedLabels;
}

/** Lines per write. */
const GROUP = 200;

/** Lists entries while they are read from disk, until the reader closes the output. */
export async function listEntries(context: CliContext, options: ListOptions): Promise<void> {
  await using cache = await openStore(context, options);
  const writer = options.json === true ? jsonWriter() : tableWriter(context.now());
  let chunk = writer.begin;
  let count = 0;
  const isWanted = entryFilter(options);
  let isWhole = options.limit !== 0;
  if (isWhole) {
    for await (const entry of cache.entries()) {
      if (context.out.closed) return;
      context.io.signal?.throwIfAborted();
      if (!isWanted(entry)) continue;
      if (count === options.limit) {
        isWhole = false;
        break;
      }
      chunk += writer.entry(entry, count);
      count++;
      if (count % GROUP === 0) {
        await context.out.write(chunk);
        chunk = '';
      }
    }
  }
  const unreadable = unreadableCount(cache);
  await context.out.write(chunk + writer.end(count, unreadable));
  await warnOfUnreadable(context, unreadable, !isWhole);
  checkComplete(cache, options);
}

interface EntryWriter {
  readonly begin: string;
  entry(entry: CacheEntry, index: number): string;
  end(count: number, unreadable: number): string;
}

function jsonWriter(): EntryWriter {
  return {
    begin: '{\n  "entries": [',
    entry: (entry, index) => `${index === 0 ? '' : ','}\n    ${JSON.stringify(entry)}`,
    end: (count, unreadable) =>
      `${count === 0 ? '' : '\n  '}],\n  "count": ${count},\n  "unreadable": ${unreadable}\n}\n`,
  };
}

function tableWriter(now: number): EntryWriter {
  const line = (url: string, health: string, expires: string, user: string, key: string, source: string): string =>
    `${url.padEnd(32)}  ${health.padEnd(9)}  ${expires.padStart(7)}  ${user.padEnd(4)}  ${key.padEnd(16)}  ${source}`.trimEnd();
  return {
    begin: `${line('URL', 'HEALTH', 'EXPIRES', 'AUTH', 'KEY', 'SOURCE')}\n`,
    entry: (entry) => {
      const expires = formatDuration(entry.expiresAt - now);
      const auth = entry.hasCredentials ? 'yes' : 'no';
      const { proxyUrl, source: from } = entry.toJSON();
      const [url, key, source] = [proxyUrl, entry.key, from].map(printable);
      return `${line(url!, entry.healthStatus, expires, auth, key!, source!)}\n`;
    },
    end: () => '',
  };
}

/** A filter for the wanted entries. */
function entryFilter({ source, health, label = {} }: ListOptions): (entry: CacheEntry) => boolean {
  const hasLabels = labelTest(label);
  // Sources are stored with their credentials masked.
  const sources = source === undefined ? undefined : [source, maskCredentials(source)];
  return (entry) =>
    sources?.includes(entry.source) !== false &&
    (health === undefined || entry.healthStatus === health) &&
    hasLabels(entry.labels);
}
