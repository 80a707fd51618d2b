import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runAtExit } from '../../src/index.ts';

const PRELUDE = `import { runAtExit } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};\n`;

function run(program: string) {
  const args = ['--conditions=@pw/source', '--input-type=module', '--eval', PRELUDE + program];
  return spawnSync(process.execPath, args, { encoding: 'utf8' });
}

describe('work for the end of the process', () => {
  it.each(['process.exit(3)', 'process.exitCode = 3', 'process.exitCode = 3; throw new Error("x")'])(
    'is done once, the rest of it too when a part throws: %s',
    (end) => {
      const { stdout } = run(`
        for (let i = 0; i < 20; i++) runAtExit(() => { console.log(i); if (i === 7) throw new Error('no'); });
        ${end};`);
      expect(stdout).toBe(Array.from({ length: 20 }, (_, i) => `${i}\n`).join(''));
    },
  );

  it('does not change the exit code', () => {
    expect(run('runAtExit(() => { throw new Error("no"); }); process.exit(3)').status).toBe(3);
  });

  it('is not done after it was cancelled', () => {
    const { stdout } = run(`
      const work = () => console.log('done');
      runAtExit(work);
      const takeBack = runAtExit(work);
      takeBack();
      takeBack();`);
    expect(stdout).toBe('done\n');
  });

  it('has one listener for all, and none when nothing is pending', () => {
    const before = process.listenerCount('exit');
    const takeBack = Array.from({ length: 20 }, () => runAtExit(() => {}));
    expect(process.listenerCount('exit')).toBe(before + 1);
    for (const each of takeBack) each();
    expect(process.listenerCount('exit')).toBe(before);
  });
});
