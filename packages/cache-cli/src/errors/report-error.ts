import { CacheError } from '@pw/cache-models';
import { CommanderError } from 'commander';
import type { CliContext } from '../cli-context.ts';
import { printable } from '../display/format.ts';
import { CliError } from './cli-error.ts';
import { codeInWords, inWords } from './error-text.ts';
import { Interruption } from './interruption.ts';
import { describeUnexpected } from './unexpected-error.ts';

/** The code of an error by which a command tells that it was ended early. */
export const INTERRUPTED = 'INTERRUPTED';

/** How it was ended. The reason may be anything: only our own is quoted. */
export function interrupted(reason: unknown): string {
  return reason instanceof Interruption ? reason.message : 'interrupted';
}

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
    const report = maskReport(context, describe(error, context));
    await fail(context, report, json);
    const reason: unknown = context.io.signal?.reason;
    return report.code === INTERRUPTED && reason instanceof Interruption ? reason.exitCode : 1;
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
  if (io.signal?.aborted === true && error === io.signal.reason)
    return { code: INTERRUPTED, message: interrupted(error) };
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
