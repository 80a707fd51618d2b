import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli } from './support/run-cli.ts';

describe('help and version', () => {
  it.each(['', 'import', 'get', 'list', 'stats', 'export', 'generate-key'])(
    'shows examples: %s --help',
    async (command) => {
      const { code, out, err } = await cli([...command.split(' ').filter(Boolean), '--help']);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(new RegExp(`Examples:\\n.*pw-cache ${command}`));
      expect(out).toContain('--json');
    },
  );

  it('shows the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(await cli(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('shows the help and exits with 2 if no command is given', async () => {
    const usage = expect.stringContaining('Usage: pw-cache');
    expect(await cli([])).toMatchObject({ code: 2, out: '', err: usage });
    const { out, ...rest } = await cli(['--json']);
    expect(rest).toMatchObject({ code: 2, err: usage });
    expect(JSON.parse(out).error.code).toBe('USAGE');
  });
});
