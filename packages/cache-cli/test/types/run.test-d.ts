import { expectTypeOf, test } from 'vitest';
import { type CliIo, type CliStream, run } from '../../src/index.ts';

const io: CliIo = { stdout: process.stdout, stderr: process.stderr, env: process.env };

test('run takes arguments and streams, and resolves to an exit code', () => {
  expectTypeOf(run).parameters.toEqualTypeOf<[argv: readonly string[], io: CliIo]>();
  expectTypeOf(run).returns.toEqualTypeOf<Promise<number>>();
});

test('the process and its streams are accepted', () => {
  expectTypeOf<typeof process.stdout>().toExtend<CliStream>();
  expectTypeOf<typeof process.stdin>().toExtend<NonNullable<CliIo['stdin']>>();
  expectTypeOf<Pick<typeof process, 'stdout' | 'stderr' | 'stdin' | 'env'>>().toExtend<CliIo>();
});

test('invalid arguments are refused', () => {
  // @ts-expect-error The arguments are a list.
  void (() => run('list', io));
  // @ts-expect-error The streams are required.
  void (() => run(['list'], { env: {} }));
  // @ts-expect-error Unknown members are refused.
  void (() => run(['list'], { ...io, cwd: '/' }));
  // @ts-expect-error A signal is an AbortSignal, not the name of one.
  void (() => run(['list'], { ...io, signal: 'SIGINT' }));
});
