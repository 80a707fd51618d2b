import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isServerMissing, RedisServer } from '@pw/test-support';
import { describe, expect, it } from 'vitest';

describe.skipIf(isServerMissing())('three processes that share one server', () => {
  it('see the changes of the others, and load an entry only once', async () => {
    const server = await RedisServer.start();
    try {
      const main = new URL('../src/main.ts', import.meta.url).pathname;
      const env = { ...process.env, REDIS_URL: server.url, NODE_OPTIONS: '--conditions=@pw/source' };
      const { stdout } = await promisify(execFile)(process.execPath, [main], { env });
      const counts = (pattern: RegExp): number => stdout.match(pattern)?.length ?? 0;
      expect(counts(/sees the first list, from redis/g)).toBe(2);
      expect(counts(/sees the first list, from memory/g)).toBe(4);
      expect(counts(/sees the second list/g)).toBe(3);
      expect(counts(/sees nothing/g)).toBe(3);
      expect(counts(/has the entry loaded by \w+/g)).toBe(3);
      expect(counts(/has the entry loaded by \w+ itself/g)).toBe(1);
    } finally {
      await server.end();
    }
  });
});
