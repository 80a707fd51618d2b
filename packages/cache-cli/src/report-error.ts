import { CacheError } from '@pw/cache-models';
import { CommanderError } from 'commander';
import type { CliContext } from './cli-context.ts';
import { CliError } from './cli-error.ts';
import { codeInWords, inWords } from './error-text.ts';
import { printable } from './format.ts';
import { describeUnexpected } from './unexpected.ts';

interface ErrorReport {
  readonly code: string;
  readonly message: string;
}

/** Says in one line what went wrong, and gives the exit code. `helpOf` is the command whose help tells how it is used. */
export async function reportError(
  context: CliContext,
  error: unknown,
  { json, helpOf }: { readonly json: boolean; readonly helpOf: string },
): Promise<number> {
  if (!(error instanceof CommanderError)) {
    await fail(context, maskReport(context, describe(error, context)), json);
    return 1;
  }
  if (error.exitCode === 0) return 0;
  // Without any command commander has shown the help on stderr: whoever reads JSON still needs a document.
  const isHelp = error.code === 'commander.help';
  // Masked before its lines are joined: an argument must be there as it was typed.
  const quoted = context.masked(error.message.replace(/^error: /, ''));
  const message = isHelp ? 'no command' : quoted.replaceAll('\n', ' ');
  const report = maskReport(context, { code: 'USAGE', message: `${message} (see ${helpOf} --help)` });
  await (isHelp ? failSilently(context, report, json) : fail(context, report, json));
  return 2;
}

/** Reports a stdout that could not be written: whatever the command did, its user has not got the answer. */
export async function reportOutput({ out, err }: CliContext): Promise<boolean> {
  if (out.failure === undefined) return err.failure === undefined;
  const { code } = out.failure;
  await err.line(`pw-cache: stdout cannot be written${code === undefined ? '' : `: ${codeInWords(code)}`}`);
  return false;
}

function describe(error: unknown, { io }: CliContext): ErrorReport {
  if (io.signal?.aborted === true)
    return { code: 'INTERRUPTED', message: 'interrupted; what was stored until then stays' };
  if (error instanceof CliError) return { code: error.code, message: error.message, ...error.details };
  if (error instanceof CacheError) return { code: error.code, message: inWords(error.message) };
  return { code: 'UNEXPECTED', message: describeUnexpected(error) };
}

/** Whatever the message quotes: an argument, the name of a file, another program's words. */
function maskReport(context: CliContext, report: ErrorReport): ErrorReport {
  return { ...report, message: context.masked(report.message) };
}

async function fail(context: CliContext, report: ErrorReport, json: boolean): Promise<void> {
  await context.err.line(`pw-cache: ${printable(report.message)}`);
  await failSilently(context, report, json);
}

/** Whoever reads JSON gets a document in any case, and only one. */
async function failSilently({ out }: CliContext, report: ErrorReport, json: boolean): Promise<void> {
  if (json && !out.used) await out.json({ error: report });
}
