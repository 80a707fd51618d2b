import { describe, expect, it } from 'vitest';
import { checkContract } from '../../src/open/check-contract.ts';

const refusal = (version: unknown, current?: number) => () =>
  checkContract('l2', { contractVersion: version }, current);

describe('the contract of a tier', () => {
  it('may be of the current or the previous version', () => {
    for (const version of [6, 7]) expect(refusal(version, 7)).not.toThrow();
  });

  it('must not be older or newer, and the error names the side to update', () => {
    expect(refusal(5, 7)).toThrow(/l2 was written for version 5 .* supports 6 and 7; update the tier's package/);
    expect(refusal(8, 7)).toThrow(/l2 was written for version 8 .* supports 6 and 7; update @pw\/cache-manager/);
  });

  it('has no previous version if it is the first', () => {
    expect(refusal(1, 1)).not.toThrow();
    expect(refusal(0, 1)).toThrow(/version 0 .* supports 1; update the tier's package/);
  });

  it('must be present', () => {
    for (const tier of [{}, null, undefined, 5, { contractVersion: '1' }]) {
      expect(() => checkContract('l1', tier)).toThrow(/l1 is not a tier/);
    }
  });
});
