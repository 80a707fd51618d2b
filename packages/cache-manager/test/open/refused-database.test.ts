import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeTempDir, RecordingLogger } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { SqliteCacheTier } from '@pw/tier-sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { entryOf } from '../support/stack.ts';

/** A database with a trigger of another program. */
async function databaseWithTrigger(): Promise<string> {
  const path = join(makeTempDir(onTestFinished), 'l3.db');
  const tier = new SqliteCacheTier({ path });
  await tier.open();
  await tier.close();
  const database = new DatabaseSync(path);
  database.exec('CREATE TRIGGER audit AFTER DELETE ON cache_entries BEGIN SELECT 1; END');
  database.close();
  return path;
}

describe('a database that its tier refuses', () => {
  it('does not keep the cache from working, and the log names the offending object and how to remove it', async () => {
    const path = await databaseWithTrigger();
    const logger = new RecordingLogger();
    const l3 = { name: 'l3', tier: () => new SqliteCacheTier({ path, name: 'l3' }) };
    const manager = await CacheManager.open({ tiers: [new MemoryCacheTier({}), l3], logger });
    onTestFinished(() => manager.close());
    expect(await manager.put('k', entryOf('k'))).toBe(true);
    const { tiers } = manager.getStatistics();
    expect(tiers.filter(({ degraded }) => degraded).map(({ name }) => name)).toEqual(['l3']);
    const line = logger.lines.find(({ message }) => message.includes('cannot be opened'));
    expect(line?.level).toBe('warn');
    expect(line?.fields).toMatchObject({ tier: 'l3', code: 'CACHE_SCHEMA_REFUSED' });
    expect(line?.fields['reason']).toMatch(/contains the trigger "audit": .*left as it is; .*DROP TRIGGER "audit";$/);
  });
});
