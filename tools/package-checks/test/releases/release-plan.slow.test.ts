import { describe, expect, it } from 'vitest';
import { changesetText, planRelease } from '../../src/releases/release-plan.ts';

describe('the plan of a release', () => {
  it('for a minor version of one tier bumps only one other package, whose range excludes it, by a patch', async () => {
    const plan = await planRelease([changesetText('minor', '@pw/tier-memory')]);
    expect(plan).toEqual({ '@pw/tier-memory': 'minor', '@pw/cache-cli': 'patch' });
  });

  it('for a patch of one tier bumps only that tier', async () => {
    const plan = await planRelease([changesetText('patch', '@pw/tier-sqlite')]);
    expect(plan).toEqual({ '@pw/tier-sqlite': 'patch' });
  });

  it('for a major version of one tier makes no other package major', async () => {
    const { '@pw/tier-jsonl': tier, ...others } = await planRelease([changesetText('major', '@pw/tier-jsonl')]);
    expect(tier).toBe('major');
    expect(new Set(Object.values(others))).toEqual(new Set(['patch']));
  });

  it('for a minor version of cache-models bumps all others by a patch only', async () => {
    const { '@pw/cache-models': models, ...others } = await planRelease([changesetText('minor', '@pw/cache-models')]);
    expect(models).toBe('minor');
    expect(Object.keys(others)).toContain('@pw/tier-memory');
    expect(new Set(Object.values(others))).toEqual(new Set(['patch']));
  });
});
