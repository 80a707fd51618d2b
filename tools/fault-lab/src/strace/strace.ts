import { spawnSync } from 'node:child_process';

/** The command line that runs a program under strace; `log` receives one line per call, with all bytes in hexadecimal. */
export function straceCommand(log: string, calls: readonly string[], inject?: string): string[] {
  requireStrace();
  const injection = inject === undefined ? [] : ['-e', `inject=${inject}`];
  const trace = `trace=${calls.join(',')}`;
  // With it only the named calls stop the program, which is ten times as fast; but it cannot send signals.
  const fast = inject?.includes('signal=') ? [] : ['--seccomp-bpf'];
  return ['strace', ...fast, '-f', '-qq', '-y', '-xx', '-s', '100000000', '-o', log, '-e', trace, ...injection];
}

/** Throws an error that names the package to install. */
function requireStrace(): void {
  if (spawnSync('strace', ['-V']).status !== 0)
    throw new Error('the fault lab needs strace: apt-get install strace, and a kernel that allows ptrace');
}
