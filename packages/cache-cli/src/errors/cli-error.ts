/** An operation that failed for a reason that its user can mend: the message says how, in one line. */
export class CliError extends Error {
  override readonly name = 'CliError';
  /** Stable, for programs that read `--json`. */
  readonly code: string;
  /** More members of the `error` object of `--json`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}
