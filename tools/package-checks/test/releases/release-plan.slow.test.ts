import { describe, expect, it } from 'vitest';
import { changesetText, planRelease } from '../../src/releases/release-plan.ts';

describe('the plan of a release', () => {
  it('of one tier as minor also bumps, as patch, only the package whose range excludes the new version', async () => {
    const plan = await planRelease([changesetText('minor', '@pw/tier-memory')]);
    expect(plan).toEqual({ '@pw/tier-memory': 'minor', '@pw/cache-cli': 'patch' });
  });

  it('of one tier as patch bumps only that tier', async () => {
    const plan = await planRelease([changesetText('patch', '@pw/tier-sqlite')]);
    expect(plan).toEqual({ '@pw/tier-sqlite': 'patch' });
  });

  it('of one tier as major makes no other package major', async () => {
    const { '@pw/tier-jsonl': tier, ...others } = await planRelease([changesetText('major', '@pw/tier-jsonl')]);
    expect(tier).toBe('major');
    expect(new Set(Object.values(others))).toEqual(new Set(['patch']));
  });

  it('of cache-models as minor bumps all others as patch only', async () => {
    const { '@pw/cache-models': models, ...others } = await planRelease([changesetText('minor', '@pw/cache-models')]);
    expect(models).toBe('minor');
    expect(Object.keys(others)).toContain('@pw/tier-memory');
    expect(new Set(Object.values(others))).toEqual(new Set(['patch']));
  });
});
