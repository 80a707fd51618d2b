import { describe, expect, it } from 'vitest';
import { KeyedMutex } from '../../src/scheduling/keyed-mutex.ts';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('KeyedMutex', () => {
  it('runs work on a free key synchronously, without a promise', () => {
    const mutex = new KeyedMutex();
    expect(mutex.run('k', () => 1)).toBe(1);
    expect(mutex.runAll(['k', 'l'], () => 2)).toBe(2);
  });

  it('runs work on the same key one after another, even after a failure, and does not block other keys', async () => {
    const mutex = new KeyedMutex();
    const order: string[] = [];
    const slow =
      (name: string, fails = false) =>
      async () => {
        order.push(`${name} begins`);
        await nextTurn();
        order.push(`${name} ends`);
        if (fails) throw new Error('planted');
      };
    const first = mutex.run('k', slow('first', true)) as Promise<void>;
    const second = mutex.run('k', slow('second'));
    expect(mutex.run('other', () => 'immediately')).toBe('immediately');
    await expect(first).rejects.toThrow('planted');
    await second;
    expect(order).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  });

  it('starts exclusive work after earlier work has ended, and later work after the exclusive work', async () => {
    const mutex = new KeyedMutex();
    const order: string[] = [];
    const note = (name: string) => async () => {
      await nextTurn();
      order.push(name);
    };
    const done = [
      mutex.run('a', note('a')),
      mutex.runExclusive(note('exclusive')),
      mutex.run('a', note('a2')),
      mutex.run('b', note('b')),
    ];
    const again = mutex.runExclusive(note('exclusive again'));
    await Promise.all([...done, again]);
    expect(order.slice(0, 2)).toEqual(['a', 'exclusive']);
    expect(order.slice(2, 4).sort()).toEqual(['a2', 'b']);
    expect(order[4]).toBe('exclusive again');
    await mutex.idle();
    expect(mutex.run('a', () => 'free')).toBe('free');
  });
});
