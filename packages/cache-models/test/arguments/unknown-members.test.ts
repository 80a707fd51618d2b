import { describe, expect, it } from 'vitest';
import { unknownMembers } from '../../src/index.ts';

describe('unknown members', () => {
  const KNOWN = ['foreignTokens', 'keyFile'];

  it('are named, each with the member that is nearest', () => {
    expect(unknownMembers({ foreignToken: 'refuse', keyfile: 'x', keyFile: 'y' }, KNOWN)).toEqual([
      { path: 'foreignToken', message: 'unknown option; did you mean foreignTokens?' },
      { path: 'keyfile', message: 'unknown option; did you mean keyFile?' },
    ]);
  });

  it('have no hint where nothing is near, and show no credential', () => {
    expect(unknownMembers({ 'http://user:secret@host': 1 }, KNOWN)).toEqual([
      { path: 'http://**********@host', message: 'unknown option' },
    ]);
  });

  it('are none in an object of known ones, whatever their values', () => {
    expect(unknownMembers({ foreignTokens: undefined }, KNOWN)).toEqual([]);
  });
});
