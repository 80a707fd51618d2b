import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { warmFromFile } from '../../../../src/transfer/import/index.ts';
import { MapTarget } from '../../../support/import-target.ts';

type Proxy = readonly [url: string, username: string | null, password: string | null];

/**
 * The entries that a person expects from a file: all of `must`, any of `may`, and no others. A scheme of `*` matches
 * any.
 */
interface Expected {
  readonly must: readonly Proxy[];
  readonly may?: readonly Proxy[];
  /** A file that is imported first. */
  readonly after?: string;
  readonly labels?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly exit?: number;
}

const FOLDER = join(import.meta.dirname, 'fixtures');
const EXPECTED = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')) as Record<string, Expected>;

const isIt = ([url, ...credentials]: Proxy, [gotUrl, ...got]: Proxy): boolean =>
  (url.startsWith('*') ? gotUrl.endsWith(url.slice(1)) : gotUrl === url) &&
  JSON.stringify(credentials) === JSON.stringify(got);

describe('a published file of rows', () => {
  it.each(Object.keys(EXPECTED))('is imported as a person would expect: %s', async (name) => {
    const { must, may = [], after, labels = {}, exit } = EXPECTED[name]!;
    const target = new MapTarget();
    if (after !== undefined) await warmFromFile(target, join(FOLDER, after));
    const result = await warmFromFile(target, join(FOLDER, name));
    const entries = [...target.map.values()];
    const got = entries.map(({ proxyUrl, username, password }): Proxy => {
      return [proxyUrl, username?.reveal() ?? null, password?.reveal() ?? null];
    });
    expect(must.filter((one) => !got.some((each) => isIt(one, each)))).toEqual([]);
    expect(got.filter((each) => ![...must, ...may].some((one) => isIt(one, each)))).toEqual([]);
    for (const entry of entries) expect(entry.labels).toMatchObject(labels[entry.proxyUrl] ?? {});
    if (exit !== undefined) expect(result.failed).toBeGreaterThan(0);
  });
});
