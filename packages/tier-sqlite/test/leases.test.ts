import { ManualClock } from '@pw/test-support';
import { describe, expect, it, vi } from 'vitest';
import { KINDS, NOW, tempDir, withDatabase } from './support.ts';

describe.each(KINDS)('a lease of $name', (kind) => {
  it("ends by the system's clock, whatever the clock of the tier says", () => {
    vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
    try {
      const directory = tempDir();
      const clocks = [NOW + 1e9, NOW - 1e9];
      const [one, other] = clocks.map((now) => kind.make(directory, {}, { clock: new ManualClock(now) }));
      const token = one!.leases.acquire('a', 1000);
      expect(token).toEqual(expect.any(String));
      vi.setSystemTime(NOW + 999);
      expect(other!.leases.acquire('a', 1000)).toBeNull();
      vi.setSystemTime(NOW + 1000);
      expect(other!.leases.acquire('a', 1000)).toEqual(expect.any(String));
    } finally {
      vi.useRealTimers();
    }
  });

  it('leaves no row behind once it has ended and another is acquired', () => {
    vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
    try {
      const directory = tempDir();
      const tier = kind.make(directory);
      void tier.leases.acquire('a', 10);
      vi.setSystemTime(NOW + 10);
      void tier.leases.acquire('b', 10);
      const sql = 'SELECT key FROM pw_leases';
      expect(withDatabase(kind.file(directory), (db) => db.prepare(sql).pluck().all())).toEqual(['b']);
    } finally {
      vi.useRealTimers();
    }
  });
});
