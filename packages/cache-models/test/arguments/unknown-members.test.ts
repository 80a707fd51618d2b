import { describe, expect, it } from 'vitest';
import { unknownMembers } from '../../src/index.ts';

describe('unknown members', () => {
  const KNOWN = ['foreignTokens', 'keyFile'];

  it('are named, each with the closest known member', () => {
    expect(unknownMembers({ foreignToken: 'refuse', keyfile: 'x', keyFile: 'y' }, KNOWN)).toEqual([
      { path: 'foreignToken', message: 'unknown option; did you mean foreignTokens?' },
      { path: 'keyfile', message: 'unknown option; did you mean keyFile?' },
    ]);
  });

  it('have no hint if no member is close, and show no credential', () => {
    expect(unknownMembers({ 'http://user:secret@host': 1 }, KNOWN)).toEqual([
      { path: 'http://**********@host', message: 'unknown option' },
    ]);
  });

  it('are not found in an object with known members only, whatever their values', () => {
    expect(unknownMembers({ foreignTokens: undefined }, KNOWN)).toEqual([]);
  });
});
