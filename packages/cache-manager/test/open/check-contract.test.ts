import { CacheConfigError } from '@pw/cache-models';
import { TIER_CONTRACT_VERSION } from '@pw/cache-models/tier';
import { describe, expect, it } from 'vitest';
import { checkContract, checkTier } from '../../src/open/check-contract.ts';

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

const capabilities = { synchronous: true };
const tier = { contractVersion: TIER_CONTRACT_VERSION, config: { enabled: true }, capabilities };
const claiming = (name: string, part: unknown) => () =>
  checkTier('l2', { ...tier, capabilities: { ...capabilities, [name]: true }, [name]: part });

describe('the parts that a tier claims', () => {
  it.each([
    ['query', undefined, 'query'],
    ['query', {}, 'query'],
    ['reseal', undefined, 'reseal'],
    ['sideValues', { read() {}, replace() {} }, 'sideValues.storeIfAbsent'],
    ['leases', undefined, 'leases.acquire'],
    ['leases', { acquire() {} }, 'leases.release'],
    ['changes', null, 'changes.subscribe'],
  ])('must exist: %s is %o', (name, part, missing) => {
    expect(claiming(name, part)).toThrow(CacheConfigError);
    expect(claiming(name, part)).toThrow(
      `l2 claims the capability ${name}, but has no function ${missing}; implement it, or do not claim ${name}`,
    );
  });

  it.each([
    ['query', () => {}],
    ['leases', { acquire() {}, release() {} }],
  ])('are accepted: %s is %o', (name, part) => {
    expect(claiming(name, part)).not.toThrow();
  });

  it('are not needed without the claim, and are not refused if they cannot be read', () => {
    expect(() => checkTier('l2', tier)).not.toThrow();
    const unreadable = {
      ...tier,
      capabilities: { ...capabilities, leases: true },
      get leases(): never {
        throw new Error('planted');
      },
    };
    expect(() => checkTier('l2', unreadable)).not.toThrow();
  });

  it('include getNow, if the tier claims to be immediate', () => {
    const immediate = { ...tier, capabilities: { ...capabilities, immediate: true }, getNow: undefined };
    expect(() => checkTier('l2', immediate)).toThrow(/claims the capability immediate, but has no function getNow/);
  });
});
