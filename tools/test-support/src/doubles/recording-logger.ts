import { inspect } from 'node:util';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
  /** The line as the most verbose logger would print it, at the time of the call. */
  readonly text: string;
}

/** Records every line, so that a test can check what must, or must never, be logged. */
export class RecordingLogger {
  readonly lines: LogLine[] = [];

  debug = (fields: LogLine['fields'], message: string): void => this.#record('debug', fields, message);
  info = (fields: LogLine['fields'], message: string): void => this.#record('info', fields, message);
  warn = (fields: LogLine['fields'], message: string): void => this.#record('warn', fields, message);
  error = (fields: LogLine['fields'], message: string): void => this.#record('error', fields, message);

  /** Everything that was logged, as one string. */
  get text(): string {
    return this.lines.map(({ text }) => text).join('\n');
  }

  #record(level: LogLine['level'], fields: LogLine['fields'], message: string): void {
    const text = `${level} ${message} ${inspect(fields, { depth: 8, showHidden: true })}`;
    this.lines.push({ level, fields, message, text });
  }
}
