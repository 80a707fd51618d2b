import type { CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { checkArguments } from './arguments/check-arguments.ts';
import { CliContext } from './cli-context.ts';
import { reportError, reportOutput } from './errors/report-error.ts';
import { buildProgram } from './program.ts';
import type { CliIo } from './streams/cli-io.ts';

/**
 * Runs one command. `argv` is what follows the program's name. Returns the exit code: 0 done, 1 failed or not found,
 * 2 wrong usage. Never throws for what a user or a file did; nothing is written but to the streams handed in. Rejects with a
 * CacheValidationError for arguments that are no list of texts, and for an `io` with a member that is none or is not known.
 */
export async function run(argv: readonly string[], io: CliIo): Promise<number> {
  checkArguments(argv, io);
  const context = new CliContext(io, argv);
  // Commander writes at once, wherever the streams are; the texts are kept in order with ours.
  const texts: Promise<void>[] = [];
  const program = buildProgram(context, manifest.version);
  let helpOf = program.name();
  for (const command of [program, ...program.commands]) {
    command.configureOutput({
      writeOut: (text) => void texts.push(context.out.write(text)),
      writeErr: (text) => void texts.push(context.err.write(text)),
      // Usage errors are reported like all others.
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
  await Promise.all(texts);
  await context.out.end();
  if (!(await reportOutput(context)) && context.exitCode === 0) context.exitCode = 1;
  await context.err.end();
  return context.exitCode;
}
