import { describe, expect, it } from 'vitest';
import { openHooked, slow } from '../support/hooked-cache.ts';

describe('a caller whose signal is aborted', () => {
  it('is rejected even while the tiers are still being read', async () => {
    const { cache, l2 } = await openHooked();
    l2.hook = (operation) => (operation === 'get' ? slow(500) : undefined);
    const abort = new AbortController();
    const load = cache.getOrLoad('k', () => undefined, { signal: abort.signal });
    setTimeout(() => abort.abort(), 5);
    await expect(load).rejects.toThrow(/abort/i);
  });
});
