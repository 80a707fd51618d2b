import { describe, expect, it } from 'vitest';
import { entryOf, openStack } from './support/stack.ts';

describe('batch reads', () => {
  it('return for each existing key what single reads return', async () => {
    const { manager, clock, l1 } = await openStack();
    for (const key of ['a', 'b']) await manager.put(key, entryOf(key, {}, clock));
    l1.delete('b');
    expect([...manager.peekMany(['a', 'b', 'c']).keys()]).toEqual(['a']);
    const found = await manager.lookupMany(['a', 'b', 'c']);
    expect([...found].map(([key, { tier }]) => [key, tier])).toEqual([
      ['a', 'l1'],
      ['b', 'l2'],
    ]);
  });
});
