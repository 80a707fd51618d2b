import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certainIdentity, hasEnded, ownIdentity } from '../../src/tier/index.ts';

describe('a process', () => {
  const own = ownIdentity();
  const elsewhere = { ...own, space: own.space === '01234567' ? '76543210' : '01234567' };

  it('is not reported as ended while it runs, or if it is in another PID namespace', () => {
    expect(hasEnded(own)).toBe(false);
    expect(hasEnded({ ...own, pid: 2 ** 30 })).toBe(true);
    expect(hasEnded({ ...elsewhere, pid: 2 ** 30 })).toBe(false);
  });

  it('has ended when it is killed, even as a zombie, and when its PID is reused', async () => {
    const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const running = { ...own, pid: child.pid!, start: 0 };
    expect(hasEnded(running)).toBe(false);
    expect(hasEnded({ ...running, start: own.start })).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(hasEnded(running)).toBe(true);
  });

  it('has a certain identity if the system provides all of it', () => {
    expect(certainIdentity()).toEqual(process.platform === 'linux' ? own : undefined);
  });
});
