import type { Request } from '../check/history.ts';
import type { Answer } from './stage.ts';

interface Entry {
  readonly source: string;
  readonly totalHealthChecks: number;
}

/** The methods of a CacheManager that operations call. */
export interface AskedManager<E extends Entry> {
  get(key: string): Promise<E | undefined>;
  put(entry: E): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  clear(): Promise<number>;
  recordHealthCheck(
    key: string,
    check: { readonly status: 'unknown'; readonly checkUrl: string },
  ): Promise<E | undefined>;
}

/** Does what was asked for; `entry` is what a put stores. True for a write that is acknowledged. */
export async function askManager<E extends Entry>(
  manager: AskedManager<E>,
  { kind, key = '' }: Request,
  entry: E | undefined,
): Promise<Answer> {
  if (kind === 'put') return manager.put(entry!);
  if (kind === 'get') return foundIn(await manager.get(key));
  if (kind === 'update')
    return foundIn(await manager.recordHealthCheck(key, { status: 'unknown', checkUrl: 'http://c.example' }));
  // A removal is acknowledged whether or not there was an entry.
  if (kind === 'del') await manager.delete(key);
  else await manager.clear();
  return true;
}

function foundIn(entry: Entry | undefined): Answer {
  return entry && { id: entry.source, fails: entry.totalHealthChecks };
}
