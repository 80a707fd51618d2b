import { type Action, ScriptPlayer } from '@pw/agreement-model';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryStage } from '../../support/agreed/memory-stage.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function violationOf(...script: readonly Action[]): Promise<string | undefined> {
  const advance = async () => void (await vi.advanceTimersByTimeAsync(1_000));
  const player = new ScriptPlayer(['a', 'b'], (surroundings) => new MemoryStage(surroundings, { advance }));
  const { violation, trace } = await player.play(script);
  return violation && [...trace, violation].join('\n');
}

describe('a read during a write of the same process that others have seen already', () => {
  it('does not find what is being removed', async () => {
    const violation = await violationOf(
      { a: 'do', p: 1, op: 'put', key: 'a' },
      { a: 'do', p: 1, op: 'del', key: 'a', n: 1 },
      { a: 'do', p: 0, op: 'get', key: 'a' },
      { a: 'do', p: 1, op: 'get', key: 'a' },
    );
    expect(violation).toBeUndefined();
  });

  it('does not find what is being removed with everything', async () => {
    const violation = await violationOf(
      { a: 'do', p: 1, op: 'put', key: 'a' },
      { a: 'do', p: 1, op: 'clear', key: 'a', n: 2 },
      { a: 'do', p: 0, op: 'get', key: 'a' },
      { a: 'do', p: 1, op: 'get', key: 'a' },
    );
    expect(violation).toBeUndefined();
  });

  it('does not find what is being replaced', async () => {
    const violation = await violationOf(
      { a: 'do', p: 1, op: 'put', key: 'a' },
      { a: 'do', p: 1, op: 'put', key: 'a', n: 1 },
      { a: 'do', p: 0, op: 'get', key: 'a' },
      { a: 'do', p: 1, op: 'get', key: 'a' },
    );
    expect(violation).toBeUndefined();
  });
});

describe('a read that has asked the base before what was marked is made up there', () => {
  it('does not find what was removed with everything', async () => {
    const violation = await violationOf(
      { a: 'do', p: 0, op: 'put', key: 'a' },
      { a: 'do', p: 1, op: 'put', key: 'b' },
      { a: 'down', tier: 'base' },
      { a: 'do', p: 1, op: 'clear', key: 'b' },
      { a: 'up', tier: 'base' },
      { a: 'do', p: 0, op: 'get', key: 'a', n: 2 },
      { a: 'do', p: 1, op: 'recover', key: 'a' },
    );
    expect(violation).toBeUndefined();
  });

  it('finds what another process has written since', async () => {
    const violation = await violationOf(
      { a: 'do', p: 0, op: 'put', key: 'b' },
      { a: 'down', tier: 'base' },
      { a: 'do', p: 0, op: 'put', key: 'a' },
      { a: 'up', tier: 'base' },
      { a: 'evict memory', p: 0, key: 'a' },
      { a: 'do', p: 0, op: 'get', key: 'a', n: 2 },
      { a: 'do', p: 1, op: 'put', key: 'a' },
    );
    expect(violation).toBeUndefined();
  });
});
