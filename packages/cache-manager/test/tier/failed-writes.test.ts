import { describe, expect, it, vi } from 'vitest';
import { openHooked } from '../support/hooked-cache.ts';

describe('a replaced or deleted value', () => {
  it('does not come back if its delete failed while another operation of the tier succeeded', async () => {
    const { cache, l1, l2, put } = await openHooked();
    for (let delay = 0; delay < 10; delay++) {
      await put('k');
      l2.hook = async (operation) => {
        if (operation === 'delete') throw new Error('planted');
        if (operation === 'get') for (let i = 0; i < delay; i++) await undefined;
      };
      await Promise.all([cache.delete('k'), cache.get('nothing')]);
      l2.hook = () => {};
      l1().clear();
      expect(await cache.get('k'), `after ${delay} turns`).toBeUndefined();
    }
  });

  it('does not come back if the recovered tier refuses the new value', async () => {
    const { cache, l1, l2, put, recovered } = await openHooked(null, true);
    await put('k', { source: 'old' });
    for (let i = 0; i < 3; i++) l2.handleFailure(new Error('planted'));
    await put('k', { source: 'new', username: 'u' });
    await recovered();
    l1().clear();
    expect(await cache.get('k')).toBeUndefined();
    expect(l2.store.has('k')).toBe(false);
  });

  it('does not come back if the cache is closed before the delete is repeated', async () => {
    const { cache, l2, put, failOnce } = await openHooked();
    await put('k');
    failOnce('delete');
    expect(await cache.delete('k')).toBe(true);
    await cache.close();
    expect(l2.store.has('k')).toBe(false);
  });
});

describe('a stored value', () => {
  it('is not removed when a failed clear is repeated', async () => {
    const { cache, clock, l2, put, failOnce } = await openHooked();
    failOnce('put');
    await put('a');
    failOnce('clear');
    await cache.clear();
    await put('b');
    clock.advance(61_000);
    await put('c');
    await vi.waitFor(() => expect([...l2.store.keys()].sort()).toEqual(['b', 'c']));
  });
});
