import type { CacheEntry, HealthStatus } from '@pw/cache-models';
import type { CliContext, GlobalOptions } from '../cli-context.ts';
import { formatDuration, printable } from '../format.ts';
import { openStore } from '../open-store.ts';

export interface ListOptions extends GlobalOptions {
  readonly limit?: number;
  readonly source?: string;
  readonly health?: HealthStatus;
}

/** Lines written at once. */
const GROUP = 200;

/** Lists entries as they come from the disk; a reader that has seen enough ends it. */
export async function listEntries(context: CliContext, options: ListOptions): Promise<void> {
  await using cache = await openStore(context, options);
  const writer = options.json === true ? jsonWriter() : tableWriter(context.now());
  let chunk = writer.begin;
  let count = 0;
  if (options.limit !== 0) {
    for await (const entry of cache.entries()) {
      if (context.out.closed || context.io.signal?.aborted === true) break;
      if (!matches(entry, options)) continue;
      chunk += writer.entry(entry, count);
      count++;
      if (count % GROUP === 0) {
        await context.out.write(chunk);
        chunk = '';
      }
      if (count === options.limit) break;
    }
  }
  await context.out.write(chunk + writer.end(count));
}

interface EntryWriter {
  readonly begin: string;
  entry(entry: CacheEntry, index: number): string;
  end(count: number): string;
}

function jsonWriter(): EntryWriter {
  return {
    begin: '[',
    entry: (entry, index) => `${index === 0 ? '' : ','}\n  ${JSON.stringify(entry)}`,
    end: (count) => (count === 0 ? ']\n' : '\n]\n'),
  };
}

function tableWriter(now: number): EntryWriter {
  const line = (url: string, health: string, expires: string, user: string, source: string): string =>
    `${url.padEnd(40)}  ${health.padEnd(9)}  ${expires.padStart(8)}  ${user.padEnd(4)}  ${source}`.trimEnd();
  return {
    begin: `${line('URL', 'HEALTH', 'EXPIRES', 'AUTH', 'SOURCE')}\n`,
    entry: (entry) => {
      const expires = formatDuration(entry.expiresAt - now);
      const auth = entry.hasCredentials ? 'yes' : 'no';
      return `${line(printable(entry.proxyUrl), entry.healthStatus, expires, auth, printable(entry.source))}\n`;
    },
    end: () => '',
  };
}

function matches(entry: CacheEntry, { source, health }: ListOptions): boolean {
  return (source === undefined || entry.source === source) && (health === undefined || entry.healthStatus === health);
}
