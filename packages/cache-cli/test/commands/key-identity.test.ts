import { expect, it } from 'vitest';
import { workspace } from '../support/workspace.ts';

const LIST = ['pass_session-a1', 'pass_session-b2', 'pass_session-c3'].map(
  (password) => `user:${password}@gate.example:7777`,
);

it('keeps gateway sessions that differ only in the password with --key-identity url+credentials', async () => {
  const { cli, path } = workspace({ 'list.txt': LIST.join('\n') });
  const { code, out, err } = await cli(['import', path('list.txt'), '--key-identity', 'url+credentials']);
  expect({ code, out, err }).toEqual({ code: 0, out: expect.stringContaining('3 loaded'), err: '' });
  const { entries } = JSON.parse((await cli(['list', '--json'])).out) as { entries: unknown[] };
  expect(entries).toHaveLength(3);
});

it('names the option that keeps such rows apart, once per row that differs only in its password', async () => {
  const { cli, path } = workspace({ 'list.txt': LIST.join('\n') });
  const { code, err } = await cli(['import', path('list.txt')]);
  expect(code).toBe(0);
  expect(err.match(/--key-identity url\+credentials/g)).toHaveLength(2);
  expect(err).not.toContain('session');
});
