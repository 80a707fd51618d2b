import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const main = join(import.meta.dirname, '../src/main.ts');
const run = (...options: string[]) => spawnSync(process.execPath, [main, ...options], { encoding: 'utf8' });

describe('the command', () => {
  it('lists every option, fault and rule with --help', () => {
    expect(run('--help').stdout).toMatch(/--seeds N[\s\S]*lose-base[\s\S]*marked-promotion/);
  });

  it('ends with 0 if every history is explained', () => {
    expect(run('--seeds', '50')).toMatchObject({ status: 0, stdout: '0 of 50 histories are not explained\n' });
  });

  it('ends with 1 if one is not, and prints it', () => {
    const { status, stdout } = run('--seeds', '200', '--without', 'guard', '--most', '1');
    expect({ status, stdout }).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/"op":"put"[\s\S]*no order explains it|disagree/),
    });
  });

  it('says what is wrong with an unknown rule', () => {
    expect(run('--without', 'gard')).toMatchObject({ status: 2, stderr: expect.stringContaining('"gard" is unknown') });
  });

  it('says what is wrong with a number', () => {
    expect(run('--seeds', 'many')).toMatchObject({ status: 2, stderr: expect.stringContaining('--seeds must be') });
  });
});
