import { CacheConfigError } from '@pw/cache-models';
import { describe, expect, it, vi } from 'vitest';
import { TtlManager } from '../../src/index.ts';

describe('TtlManager', () => {
  it('cleans up at its interval, one cleanup at a time, until it is stopped', async () => {
    vi.useFakeTimers();
    try {
      let cleanups = 0;
      let end = () => {};
      const cleanupExpired = () => {
        cleanups++;
        return new Promise<number>((resolve) => {
          end = () => resolve(0);
        });
      };
      const ttl = new TtlManager({ cleanupExpired }, { cleanupInterval: 60 });
      expect(ttl.enabled).toBe(false);
      expect(ttl.cleanupInterval).toBe(60);
      ttl.start();
      ttl.start();
      await vi.advanceTimersByTimeAsync(180_000);
      expect(cleanups).toBe(1);
      end();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(cleanups).toBe(2);
      end();
      ttl.stop();
      ttl.stop();
      expect(ttl.enabled).toBe(false);
      await vi.advanceTimersByTimeAsync(600_000);
      expect(cleanups).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it('continues after a failed cleanup', async () => {
    vi.useFakeTimers();
    try {
      const cleanupExpired = vi.fn(() => Promise.reject(new Error('planted')));
      const ttl = new TtlManager({ cleanupExpired }, { cleanupInterval: 1 });
      ttl.start();
      await vi.advanceTimersByTimeAsync(3_000);
      ttl.stop();
      expect(cleanupExpired).toHaveBeenCalledTimes(3);
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([0, -1, Number.NaN, 2 ** 31])('rejects an interval of %d seconds', (cleanupInterval) => {
    expect(() => new TtlManager({ cleanupExpired: async () => 0 }, { cleanupInterval })).toThrow(CacheConfigError);
  });
});
