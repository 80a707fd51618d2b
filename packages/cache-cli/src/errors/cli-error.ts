/** A failure that the user can fix. The message contains the remedy, in one line. */
export class CliError extends Error {
  override readonly name = 'CliError';
  /** Stable; part of the `--json` output. */
  readonly code: string;
  /** Additional members of the `error` object in `--json` output. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}
