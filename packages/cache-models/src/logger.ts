/** The facts of one log line. Never a secret: what is logged here may end anywhere. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The four methods of pino, bunyan and most others, fields first. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

const ignore = (): void => {};

/** Logs nothing: the default everywhere. */
export const silentLogger: Logger = Object.freeze({ debug: ignore, info: ignore, warn: ignore, error: ignore });
