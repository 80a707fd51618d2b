import { spawnSync } from 'node:child_process';

/** Runs a program under strace; `log` gets one line a call, with all bytes in hexadecimal. */
export function straceCommand(log: string, calls: readonly string[], inject?: string): string[] {
  requireStrace();
  const injection = inject === undefined ? [] : ['-e', `inject=${inject}`];
  const trace = `trace=${calls.join(',')}`;
  // Then only the named calls stop the program, an order of magnitude faster; but no signal is sent that way.
  const fast = inject?.includes('signal=') ? [] : ['--seccomp-bpf'];
  return ['strace', ...fast, '-f', '-qq', '-y', '-xx', '-s', '100000000', '-o', log, '-e', trace, ...injection];
}

/** Throws an error that says what to install. */
function requireStrace(): void {
  if (spawnSync('strace', ['-V']).status !== 0)
    throw new Error('the fault lab needs strace: apt-get install strace, and a kernel that allows ptrace');
}
