import { CURRENT_KEY_VARIABLE } from '@pw/cache-crypto';
import { describe, expect, it } from 'vitest';
import { cli } from '../support/run-cli.ts';
import { LIST, workspace } from '../support/workspace.ts';

describe('generate-key', () => {
  it('prints only a working key', async () => {
    const { out, err } = await cli(['generate-key']);
    expect(out).toMatch(/^[\w-]{43}=\n$/);
    expect(err).toBe('');
    const { cli: withKey, path } = workspace({ 'list.txt': LIST });
    expect((await withKey(['import', path('list.txt')], { [CURRENT_KEY_VARIABLE]: out.trim() })).code).toBe(0);
    expect(JSON.parse((await cli(['generate-key', '--json'])).out).key).toMatch(/^[\w-]{43}=$/);
  });
});
