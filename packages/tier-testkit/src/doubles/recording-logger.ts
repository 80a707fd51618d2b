import { inspect } from 'node:util';
import type { LogFields, Logger } from '@pw/cache-models';

/** Records everything that is logged, as the most verbose logger would print it. */
export class RecordingLogger implements Logger {
  readonly lines: string[] = [];

  debug = (fields: LogFields, message: string): void => this.#keep('debug', fields, message);
  info = (fields: LogFields, message: string): void => this.#keep('info', fields, message);
  warn = (fields: LogFields, message: string): void => this.#keep('warn', fields, message);
  error = (fields: LogFields, message: string): void => this.#keep('error', fields, message);

  #keep(level: string, fields: LogFields, message: string): void {
    this.lines.push(`${level} ${message} ${inspect(fields, { depth: 8, showHidden: true })}`);
  }
}
