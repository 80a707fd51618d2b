import { describe, expect, it } from 'vitest';
import { unknownMembers } from '../../src/tier/index.ts';

describe('unknown members', () => {
  const KNOWN = ['foreignTokens', 'keyFile'];

  it('are named, each with the closest known member', () => {
    expect(unknownMembers({ foreignToken: 'refuse', keyfile: 'x', keyFile: 'y' }, KNOWN)).toEqual([
      { path: 'foreignToken', message: 'unknown option; did you mean foreignTokens?' },
      { path: 'keyfile', message: 'unknown option; did you mean keyFile?' },
    ]);
  });

  it('are followed by all known members if none is close and they are few, and show no credential', () => {
    expect(unknownMembers({ 'http://user:secret@host': 1 }, KNOWN)).toEqual([
      { path: 'http://**********@host', message: 'unknown option; known are foreignTokens, keyFile' },
    ]);
  });

  it('have no hint if no member is close and there are many', () => {
    const many = ['a1', 'b2', 'c3', 'd4', 'e5', 'f6', 'g7'];
    expect(unknownMembers({ somethingElse: 1 }, many)).toEqual([{ path: 'somethingElse', message: 'unknown option' }]);
  });

  it('mean the members that they are a part of', () => {
    const [problem] = unknownMembers({ ttl: 1 }, ['defaultTtlSeconds', 'perSourceTtl', 'keyFile']);
    expect(problem?.message).toBe('unknown option; did you mean defaultTtlSeconds or perSourceTtl?');
  });

  it('are not found in an object with known members only, whatever their values', () => {
    expect(unknownMembers({ foreignTokens: undefined }, KNOWN)).toEqual([]);
  });
});
