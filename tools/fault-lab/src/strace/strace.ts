import { spawnSync } from 'node:child_process';

/**
 * The command line that runs a program under strace. The file `log` gets a line per call, with bytes in hexadecimal.
 */
export function straceCommand(log: string, calls: readonly string[], inject?: string): string[] {
  requireStrace();
  const injection = inject === undefined ? [] : ['-e', `inject=${inject}`];
  const trace = `trace=${calls.join(',')}`;
  // With --seccomp-bpf only the named calls stop the program, which is ten times as fast, but it injects no signals.
  const fast = inject?.includes('signal=') ? [] : ['--seccomp-bpf'];
  return ['strace', ...fast, '-f', '-qq', '-y', '-xx', '-s', '100000000', '-o', log, '-e', trace, ...injection];
}

/** Throws an error that names the package to install. */
function requireStrace(): void {
  if (spawnSync('strace', ['-V']).status !== 0)
    throw new Error('strace cannot run: install it (apt-get install strace) and use a kernel that allows ptrace');
}
