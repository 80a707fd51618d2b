import { CacheError } from '@pw/cache-models';
import { type Command, CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { CliContext } from './cli-context.ts';
import { CliError } from './cli-error.ts';
import type { CliIo } from './cli-io.ts';
import { printable } from './format.ts';
import { buildProgram } from './program.ts';

/**
 * Runs one command. `argv` is what follows the program's name. Returns the exit code: 0 done, 1 failed or not found,
 * 2 wrong usage. Never throws for what a user or a file did; nothing is written but to the streams handed in.
 */
export async function run(argv: readonly string[], io: CliIo): Promise<number> {
  const context = new CliContext(io);
  // Commander writes at once, wherever the streams are; the texts are kept in order with ours.
  const texts: Promise<void>[] = [];
  const program = buildProgram(context, manifest.version);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void texts.push(context.out.write(text)),
      writeErr: (text) => void texts.push(context.err.write(text)),
      // Usage errors are reported like all others.
      outputError: () => {},
      getOutHelpWidth: () => context.out.columns,
      getErrHelpWidth: () => context.err.columns,
    });
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    context.exitCode = await report(context, program, error, argv.includes('--json'));
  }
  await Promise.all(texts);
  await context.out.end();
  await context.err.end();
  return context.exitCode;
}

async function report(context: CliContext, program: Command, error: unknown, json: boolean): Promise<number> {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    // Without any command commander has shown the help.
    if (error.code === 'commander.help') return 2;
    await fail(context, 'USAGE', `${usageMessage(error)} (${program.name()} --help)`, json);
    return 2;
  }
  const { code, message } = describe(error, context);
  await fail(context, code, message, json);
  return 1;
}

function usageMessage(error: CommanderError): string {
  return error.message.replace(/^error: /, '').replaceAll('\n', ' ');
}

function describe(error: unknown, { io }: CliContext): { code: string; message: string } {
  if (io.signal?.aborted === true)
    return { code: 'INTERRUPTED', message: 'interrupted; what was stored until then stays' };
  if (error instanceof CliError || error instanceof CacheError) return { code: error.code, message: error.message };
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return { code: 'UNEXPECTED', message: `unexpected error${typeof code === 'string' ? ` (${code})` : ''}` };
}

async function fail({ out, err }: CliContext, code: string, message: string, json: boolean): Promise<void> {
  await err.line(`pw-cache: ${printable(message)}`);
  // Whoever reads JSON gets a document in any case, and only one.
  if (json && !out.used) await out.json({ error: { code, message } });
}
