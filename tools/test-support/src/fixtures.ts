import { cpSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', 'fixtures', 'proxywhirl');

/** An entry as ProxyWhirl read it back: snake_case members, times as epoch seconds. */
export interface ExpectedEntry {
  readonly key: string;
  readonly proxy_url: string;
  readonly username: string | null;
  readonly password: string | null;
  readonly source: string;
  readonly fetch_time: number;
  readonly last_accessed: number;
  readonly access_count: number;
  readonly ttl_seconds: number;
  readonly expires_at: number;
  readonly health_status: string;
  readonly failure_count: number;
  readonly evicted_from_l1: boolean;
  readonly last_health_check: number | null;
  readonly consecutive_health_failures: number;
  readonly consecutive_health_successes: number;
  readonly recovery_attempt: number;
  readonly next_check_time: number | null;
  readonly last_health_error: string | null;
  readonly total_health_checks: number;
  readonly total_health_check_failures: number;
  readonly is_expired: boolean;
  readonly is_healthy: boolean;
}

/** A file or folder made by ProxyWhirl, or, with `into`, a copy of it that a test may change. */
export function fixturePath(name: string, into?: string): string {
  const path = join(ROOT, name);
  if (into === undefined) return path;
  const copy = join(into, basename(name));
  cpSync(path, copy, { recursive: true });
  return copy;
}

/** A JSON file of the set; `__proto__` is an ordinary member. */
export function readFixtureJson<T>(name: string): T {
  return JSON.parse(readFileSync(join(ROOT, name), 'utf8')) as T;
}

/** The Fernet keys with which the set was sealed. */
export function fixtureKeys(): { readonly current: string; readonly previous: string } {
  const read = (name: string) => readFileSync(join(ROOT, name), 'utf8').trim();
  return { current: read('key.txt'), previous: read('key_previous.txt') };
}
