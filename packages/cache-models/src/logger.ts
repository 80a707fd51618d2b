import { Kinds } from './arguments/argument-kinds.ts';
import { checkArgument } from './arguments/check-argument.ts';
import { ignoreRejection } from './ignore-rejection.ts';

/** The fields of one log line. Never a secret: a log line may end up anywhere. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * The four methods that pino, bunyan and most other loggers have, with the fields first. If a method throws, the
 * operation that logged fails; if it returns a promise, it is not awaited.
 */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

const ignore = (): void => {};

/** Logs nothing: the default everywhere. */
export const silentLogger: Logger = Object.freeze({ debug: ignore, info: ignore, warn: ignore, error: ignore });

/**
 * Wraps a logger so that a rejected promise of its methods cannot end the process: they are typed as `void`, but may be
 * asynchronous all the same. Errors that a method throws synchronously still reach the operation that logged. Throws a
 * CacheValidationError for a value that is not a logger.
 */
export function calmLogger(logger: Logger): Logger {
  if (logger === silentLogger) return logger;
  checkArgument('logger', logger, Kinds.logger);
  return Object.freeze({
    debug: (fields: LogFields, message: string) => ignoreRejection(logger.debug(fields, message)),
    info: (fields: LogFields, message: string) => ignoreRejection(logger.info(fields, message)),
    warn: (fields: LogFields, message: string) => ignoreRejection(logger.warn(fields, message)),
    error: (fields: LogFields, message: string) => ignoreRejection(logger.error(fields, message)),
  });
}
