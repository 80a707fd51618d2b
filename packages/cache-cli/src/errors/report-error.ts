import { CacheError } from '@pw/cache-models';
import { CommanderError } from 'commander';
import type { CliContext } from '../cli-context.ts';
import { printable } from '../display/format.ts';
import { CliError } from './cli-error.ts';
import { describeCode, describeCodes } from './error-text.ts';
import { Interruption } from './interruption.ts';
import { describeUnexpected } from './unexpected-error.ts';

/** The error code of a command that was interrupted. */
export const INTERRUPTED = 'INTERRUPTED';

/** Describes an interruption. An abort reason may be any value, so only our own is quoted. */
export function interrupted(reason: unknown): string {
  return reason instanceof Interruption ? reason.message : 'interrupted';
}

interface ErrorReport {
  readonly code: string;
  readonly message: string;
}

/**
 * Writes one line about an error and returns the exit code. `helpOf` is the command whose `--help` a usage error names.
 */
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
  // Without a command, commander has printed the help on stderr, but `--json` still needs its document.
  const isHelp = error.code === 'commander.help';
  // Mask before joining lines, because masking finds arguments as they were typed.
  const quoted = context.masked(error.message.replace(/^error: /, ''));
  const message = isHelp ? 'no command given' : quoted.replaceAll('\n', ' ');
  const report = maskReport(context, { code: 'USAGE', message: `${message} (see ${helpOf} --help)` });
  await (isHelp ? failSilently(context, report, json) : fail(context, report, json));
  return 2;
}

/**
 * Reports a failed stdout. Returns false if output was lost: then the user did not receive it, even if the command
 * succeeded.
 */
export async function reportOutput({ out, err }: CliContext): Promise<boolean> {
  if (out.failure === undefined) return err.failure === undefined;
  const { code } = out.failure;
  await err.line(`pw-cache: stdout cannot be written${code === undefined ? '' : `: ${describeCode(code)}`}`);
  return false;
}

function describe(error: unknown, { io }: CliContext): ErrorReport {
  if (io.signal?.aborted === true && error === io.signal.reason)
    return { code: INTERRUPTED, message: interrupted(error) };
  if (error instanceof CliError) return { code: error.code, message: error.message, ...error.details };
  if (error instanceof CacheError) return { code: error.code, message: describeCodes(error.message) };
  return { code: 'UNEXPECTED', message: describeUnexpected(error) };
}

/** Masks credentials in a message, which may quote an argument, a file name or another program. */
function maskReport(context: CliContext, report: ErrorReport): ErrorReport {
  return { ...report, message: context.masked(report.message) };
}

async function fail(context: CliContext, report: ErrorReport, json: boolean): Promise<void> {
  await context.err.line(`pw-cache: ${printable(report.message)}`);
  await failSilently(context, report, json);
}

/** With `--json`, stdout gets exactly one document. */
async function failSilently({ out }: CliContext, report: ErrorReport, json: boolean): Promise<void> {
  if (json && !out.used) await out.json({ error: report });
}
