import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runAtExit } from '../../src/tier/index.ts';

const PRELUDE = `import { runAtExit } from ${JSON.stringify(new URL('../../src/tier/index.ts', import.meta.url).href)};\n`;

function run(program: string) {
  const args = ['--conditions=@pw/source', '--input-type=module', '--eval', PRELUDE + program];
  return spawnSync(process.execPath, args, { encoding: 'utf8' });
}

describe('work that is registered with runAtExit', () => {
  it.each(['process.exit(3)', 'process.exitCode = 3', 'process.exitCode = 3; throw new Error("x")'])(
    'is done once, and completely even if a part throws: %s',
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
      const cancel = runAtExit(work);
      cancel();
      cancel();`);
    expect(stdout).toBe('done\n');
  });

  it('shares one listener, and has none when nothing is pending', () => {
    const before = process.listenerCount('exit');
    const cancels = Array.from({ length: 20 }, () => runAtExit(() => {}));
    expect(process.listenerCount('exit')).toBe(before + 1);
    for (const cancel of cancels) cancel();
    expect(process.listenerCount('exit')).toBe(before);
  });
});
