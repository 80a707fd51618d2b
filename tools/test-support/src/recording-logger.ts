export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** Records every line, so that a test can check what must, or must never, be logged. */
export class RecordingLogger {
  readonly lines: LogLine[] = [];

  debug = (fields: LogLine['fields'], message: string) => void this.lines.push({ level: 'debug', fields, message });
  info = (fields: LogLine['fields'], message: string) => void this.lines.push({ level: 'info', fields, message });
  warn = (fields: LogLine['fields'], message: string) => void this.lines.push({ level: 'warn', fields, message });
  error = (fields: LogLine['fields'], message: string) => void this.lines.push({ level: 'error', fields, message });

  /** Everything that was logged, as one string. */
  get text(): string {
    return this.lines.map((line) => JSON.stringify(line)).join('\n');
  }
}
