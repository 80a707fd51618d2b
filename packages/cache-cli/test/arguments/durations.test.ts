import { describe, expect, it } from 'vitest';
import { workspace } from '../support/workspace.ts';

const ROW = '198.51.100.1:80';

describe('--ttl', () => {
  it.each([
    ['7200', 7200],
    ['90s', 90],
    ['15m', 900],
    ['2h', 7200],
    ['7d', 604_800],
    ['36500d', 3_153_600_000],
  ])('%s is %i seconds', async (ttl, seconds) => {
    const { cli } = workspace();
    expect((await cli(['import', '-', '--ttl', ttl], undefined, ROW)).code).toBe(0);
    expect(JSON.parse((await cli(['list', '--json'])).out).entries[0].ttlSeconds).toBe(seconds);
  });

  it.each(['', '2 h', '1.5h', '-1h', '1h30m', '2H', '5w', 'h', '1e3', '0x10', '99999999999999999999d'])(
    '%j is refused, with examples of a duration',
    async (ttl) => {
      const { code, err } = await workspace().cli(['import', '-', '--ttl', ttl], undefined, ROW);
      expect(err).toContain('a duration such as 90s, 15m, 2h or 7d');
      expect(code).toBe(2);
    },
  );

  it.each(['0', '0d', '36501d', '1000000h'])('%s is refused, with the allowed range', async (ttl) => {
    const { code, err } = await workspace().cli(['import', '-', '--ttl', ttl], undefined, ROW);
    expect(err).toContain('from 1 second to 100 years');
    expect(code).toBe(2);
  });

  it('is described by --help', async () => {
    const { cli } = workspace();
    for (const [command, words] of [
      ['import', ['90s, 15m, 2h, 7d', '--dry-run', '- is stdin', './-']],
      ['sync', ['90s, 15m, 2h, 7d', '--force', '- is stdin']],
      ['export', ['- is stdout', './-']],
    ] as const) {
      const { out } = await cli([command, '--help']);
      for (const word of words) expect(out).toContain(word);
    }
  });
});
