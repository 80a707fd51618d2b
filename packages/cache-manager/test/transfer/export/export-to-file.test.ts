import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CacheEntry,
  CacheError,
  CacheErrorCode,
  CacheStorageError,
  CacheValidationError,
  Secret,
} from '@pw/cache-models';
import { entryInputs, fixturePath, ManualClock, makeTempDir, readFixtureJson } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ExportOptions, exportToFile } from '../../../src/transfer/export/index.ts';
import { warmFromFile } from '../../../src/transfer/import/index.ts';
import { MapTarget, revealed } from '../../support/import-target.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const clock = new ManualClock(NOW);
const folder = () => makeTempDir(onTestFinished);
const source = (...list: CacheEntry[]) => ({ entries: () => list, cipher: new TestCipher() });
const ann = CacheEntry.create({ proxyUrl: 'http://a.example:1', username: 'ann', password: 'hunter2' }, clock);
const open = CacheEntry.create({ proxyUrl: 'http://b.example:1' }, clock);

async function readBack(path: string): Promise<MapTarget> {
  const target = new MapTarget();
  target.cipher = new TestCipher();
  await warmFromFile(target, path);
  return target;
}

describe('an export', () => {
  it('is imported into an empty cache as equal entries, whether sealed or plain', async () => {
    const path = join(folder(), 'all.jsonl');
    const live = entryInputs.map((input) => CacheEntry.create(input, clock)).filter((entry) => !entry.isExpiredAt(NOW));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(live, { selector: ({ key }) => key, maxLength: 8 }),
        fc.constantFrom('sealed' as const, 'plain' as const),
        async (entries, credentials) => {
          const result = await exportToFile(source(...entries), path, { credentials });
          expect(result).toEqual({ exported: entries.length, failed: 0 });
          const { map } = await readBack(path);
          expect([...map.values()].map(revealed)).toEqual(entries.map(revealed));
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each(['sealed', 'plain', 'omit'] as const)(
    'in mode %s contains a proxy in the domain .pw',
    async (credentials) => {
      const path = join(folder(), 'all.jsonl');
      const entry = CacheEntry.create({ proxyUrl: 'http://gate.pw:60000' }, clock);
      expect(await exportToFile(source(entry), path, { credentials })).toEqual({ exported: 1, failed: 0 });
      expect((await readBack(path)).one.proxyUrl).toBe('http://gate.pw:60000');
    },
  );

  it.each(['sealed', 'omit'] as const)(
    'in mode %s contains none of the credentials that an old record has in other fields',
    async (credentials) => {
      const old = CacheEntry.restore({
        ...ann.toFields(),
        proxyUrl: 'http://me:pw4proxy',
        source: 'https://me:pw4list@example.com/',
        lastHealthError: 'hunter2 was refused',
      });
      const path = join(folder(), 'all.jsonl');
      await exportToFile(source(old), path, { credentials });
      expect(readFileSync(path, 'utf8')).toContain('was refused');
      expect(readFileSync(path, 'utf8')).not.toMatch(/hunter2|pw4/);
    },
  );

  it('seals credentials by default', async () => {
    const path = join(folder(), 'all.jsonl');
    await exportToFile(source(ann), path);
    expect(readFileSync(path, 'utf8')).not.toMatch(/ann|hunter2/);
    await exportToFile(source(ann), path, { credentials: 'plain' });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ username: 'ann', password: 'hunter2' });
    await exportToFile(source(ann), path, { credentials: 'omit' });
    expect(revealed((await readBack(path)).one)).toEqual({ ...revealed(ann), username: null, password: null });
  });

  it('moves credentials out of a URL that ProxyWhirl stored', async () => {
    const path = join(folder(), 'all.jsonl');
    const odd = CacheEntry.restore({ ...open.toFields(), proxyUrl: 'http://bob:p%40w@b.example:1' });
    await exportToFile(source(odd), path);
    expect(readFileSync(path, 'utf8')).not.toContain('bob');
    expect(revealed((await readBack(path)).one)).toMatchObject({
      proxyUrl: 'http://b.example:1',
      username: 'bob',
      password: 'p@w',
    });
    await exportToFile(source(odd), path, { credentials: 'omit' });
    expect(readFileSync(path, 'utf8')).not.toMatch(/bob|p%40w/);
  });

  it.each([{ credentials: 'open' }, { onProgress: 5 }, { signal: {} }])(
    'refuses a wrong option with an error that names it: %o',
    async (options) => {
      const path = join(folder(), 'all.jsonl');
      const run = exportToFile(source(ann), path, options as ExportOptions);
      await expect(run).rejects.toThrow(CacheValidationError);
      await expect(run).rejects.toThrow(Object.keys(options)[0]!);
    },
  );

  it('refuses to seal without a cipher and keeps the old file', async () => {
    const path = join(folder(), 'all.jsonl');
    writeFileSync(path, 'old');
    const run = exportToFile({ entries: () => [open, ann], cipher: undefined }, path);
    await expect(run).rejects.toThrow(CacheValidationError);
    expect(readFileSync(path, 'utf8')).toBe('old');
    await expect(exportToFile({ entries: () => [open], cipher: undefined }, path)).resolves.toEqual({
      exported: 1,
      failed: 0,
    });
  });

  it('counts entries that cannot be read', async () => {
    const lost = CacheEntry.restore({
      ...ann.toFields(),
      password: Secret.sealed(new Uint8Array([1]), {
        encrypt: () => new Uint8Array(),
        decrypt: () => {
          throw new CacheError('no key', { code: CacheErrorCode.CREDENTIAL_UNREADABLE });
        },
      }),
    });
    const path = join(folder(), 'all.jsonl');
    const result = await exportToFile({ ...source(lost, open), unreadable: () => 2 }, path, { credentials: 'plain' });
    expect(result).toEqual({ exported: 1, failed: 3 });
    expect((await readBack(path)).one.proxyUrl).toBe('http://b.example:1');
  });
});

describe('the file of an export', () => {
  it('is readable by its owner only and replaces a symlink instead of following it', async () => {
    const dir = folder();
    const path = join(dir, 'all.jsonl');
    writeFileSync(join(dir, 'victim'), 'victim');
    symlinkSync(join(dir, 'victim'), path);
    await exportToFile(source(ann), path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dir, 'victim'), 'utf8')).toBe('victim');
    expect(readdirSync(dir).sort()).toEqual(['all.jsonl', 'victim']);
  });

  it('is unchanged if the export fails or is aborted, and no temporary file remains', async () => {
    const dir = folder();
    const path = join(dir, 'all.jsonl');
    writeFileSync(path, 'old');
    const failing = {
      ...source(),
      async *entries() {
        yield open;
        throw new Error('the store broke');
      },
    };
    await expect(exportToFile(failing, path)).rejects.toThrow('the store broke');
    const abort = new AbortController();
    const many = Array.from({ length: 600 }, (_, i) => CacheEntry.create({ proxyUrl: `http://h${i}.example:1` }));
    const run = exportToFile(source(...many), path, {
      signal: abort.signal,
      onProgress: () => abort.abort(new Error('enough')),
    });
    await expect(run).rejects.toThrow('enough');
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(dir)).toEqual(['all.jsonl']);
  });

  it('causes a typed error if it cannot be written', async () => {
    const dir = folder();
    await expect(exportToFile(source(open), join(dir, 'no', 'all.jsonl'))).rejects.toThrow(CacheStorageError);
    mkdirSync(join(dir, 'taken'));
    await expect(exportToFile(source(open), join(dir, 'taken'))).rejects.toThrow(CacheStorageError);
    expect(readdirSync(dir)).toEqual(['taken']);
  });
});

describe('ProxyWhirl’s own export', () => {
  it('is imported with every field, without masked credentials, and with those in URLs', async () => {
    const { entries_put } = readFixtureJson<{
      entries_put: Record<string, { proxy_url: string; total_health_checks: number; source: string }>;
    }>('export.expected.json');
    const target = new MapTarget();
    const result = await warmFromFile(target, fixturePath('export/export.jsonl'));
    expect(result).toMatchObject({ loaded: 36, skipped: 0, failed: 0 });
    for (const entry of target.map.values()) {
      expect(entry.hasCredentials).toBe(entries_put[entry.key]!.proxy_url.includes('@'));
      expect(entry.proxyUrl).not.toContain('@');
      expect(entry).toMatchObject({
        totalHealthChecks: entries_put[entry.key]!.total_health_checks,
        source: entries_put[entry.key]!.source,
      });
    }
    expect(result.problemCount).toBeGreaterThan(25);
  });
});

describe('an export to a function', () => {
  it('passes whole lines and awaits the function', async () => {
    const target = new MapTarget();
    const lines = Array.from({ length: 600 }, (_, i) => `10.0.${i >> 8}.${i & 255}:80`).join('\n');
    await warmFromFile(target, [Buffer.from(lines)]);
    const pieces: string[] = [];
    let busy = 0;
    const source = { entries: () => target.map.values(), cipher: undefined };
    const result = await exportToFile(source, async (text) => {
      expect(++busy).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      busy--;
      pieces.push(text);
    });
    expect(result).toEqual({ exported: 600, failed: 0 });
    for (const piece of pieces) expect(piece === '' || piece.endsWith('\n')).toBe(true);
    expect(pieces.join('').trimEnd().split('\n')).toHaveLength(600);
  });

  it('rejects with the error of the function', async () => {
    const source = { entries: () => [], cipher: undefined };
    const taker = () => Promise.reject(new Error('the pipe is gone'));
    await expect(exportToFile(source, taker)).rejects.toThrow('the pipe is gone');
  });
});
