/** An operation that failed for a reason that its user can mend: the message says how, in one line. */
export class CliError extends Error {
  override readonly name = 'CliError';
  /** Stable, for programs that read `--json`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
