import type { CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { checkArguments } from './arguments/check-arguments.ts';
import { CliContext } from './cli-context.ts';
import { reportError, reportOutput } from './errors/report-error.ts';
import { buildProgram } from './program.ts';
import type { CliIo } from './streams/cli-io.ts';

/**
 * Runs one command and returns its exit code: 0 done, 1 failed or not found, 2 wrong usage. `argv` contains the
 * arguments after the name of the program. Does not reject for mistakes of the user or for faulty files, and writes
 * only to the given streams. Rejects with a CacheValidationError if `argv` is not a list of strings, or if `io` has an
 * invalid or unknown member.
 *
 * @example
 * const code = await run(['list', '--json'], { stdout: process.stdout, stderr: process.stderr, env: process.env });
 */
export async function run(argv: readonly string[], io: CliIo): Promise<number> {
  checkArguments(argv, io);
  const context = new CliContext(io, argv);
  // Commander writes synchronously; routing its output through ours keeps the order.
  const writes: Promise<void>[] = [];
  const program = buildProgram(context, manifest.version);
  let helpOf = program.name();
  for (const command of [program, ...program.commands]) {
    command.configureOutput({
      writeOut: (text) => void writes.push(context.out.write(text)),
      writeErr: (text) => void writes.push(context.err.write(text)),
      // Usage errors are reported below, like all others.
      outputError: () => {},
      getOutHelpWidth: () => context.out.columns,
      getErrHelpWidth: () => context.err.columns,
    });
    command.exitOverride((error: CommanderError) => {
      if (command !== program) helpOf = `${program.name()} ${command.name()}`;
      throw error;
    });
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    context.exitCode = await reportError(context, error, { json: argv.includes('--json'), helpOf });
  }
  await Promise.all(writes);
  await context.out.end();
  if (!(await reportOutput(context)) && context.exitCode === 0) context.exitCode = 1;
  await context.err.end();
  return context.exitCode;
}
