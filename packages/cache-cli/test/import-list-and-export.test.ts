import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LIST, workspace } from './support/workspace.ts';

describe.each(['jsonl', 'sqlite'])('a cache with l2 in %s', (backend) => {
  it('returns in a new run what an earlier one imported: get, list, stats and export', async () => {
    const { cli, dir, path } = workspace({
      'list.txt': LIST,
      'more.json': '[{"ip":"198.51.100.3","port":1,"status":"healthy"}]',
    });
    const imported = await cli([
      '--backend',
      backend,
      'import',
      path('list.txt'),
      path('more.json'),
      '--source',
      'mine',
    ]);
    expect(imported).toMatchObject({ code: 0, err: '' });
    expect(imported.out).toMatch(/list\.txt: 4 loaded\n.*more\.json: 1 loaded\n5 rows imported in/);

    const stats = JSON.parse((await cli(['stats', '--json'])).out);
    expect(stats).toMatchObject({
      dir,
      entries: 5,
      withCredentials: 2,
      unreadable: 0,
      byHealth: { healthy: 1, unknown: 4 },
    });
    expect(stats.tiers.map((tier: { entries: number }) => tier.entries)).toEqual([0, 5, 5]);
    expect(readdirSync(join(dir, 'proxies')).includes('l2_cache.db')).toBe(backend === 'sqlite');

    const list = JSON.parse((await cli(['list', '--json', '--source', 'mine'])).out);
    expect(list).toMatchObject({ count: 5, unreadable: 0 });
    expect(list.entries).toHaveLength(5);
    expect((await cli(['list', '--health', 'healthy'])).out.split('\n')[1]).toContain('198.51.100.3:1');
    expect(JSON.parse((await cli(['list', '--limit', '2', '--json'])).out).entries).toHaveLength(2);
    expect(JSON.parse((await cli(['list', '--limit', '0', '--json'])).out).entries).toEqual([]);

    const exported = await cli(['export', path('all.jsonl'), '--json']);
    expect(JSON.parse(exported.out)).toEqual({
      file: path('all.jsonl'),
      credentials: 'sealed',
      exported: 5,
      failed: 0,
      unreadable: 0,
    });
    expect(readFileSync(path('all.jsonl'), 'utf8')).not.toMatch(/hunter2|swordfish/);
    expect((await cli(['--dir', path('copy'), 'import', path('all.jsonl')])).code).toBe(0);
    expect(JSON.parse((await cli(['--dir', path('copy'), 'stats', '--json'])).out)).toMatchObject({
      entries: 5,
      withCredentials: 2,
    });
  });
});
