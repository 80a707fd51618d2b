import { Kinds } from './arguments/argument-kinds.ts';
import { checkArgument } from './arguments/check-argument.ts';
import { ignoreRejection } from './ignore-rejection.ts';

/** The facts of one log line. Never a secret: what is logged here may end anywhere. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * The four methods of pino, bunyan and most others, fields first. One that throws makes the operation fail that logged; one that gives a
 * promise is not waited for.
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
 * The same logger, for a tier or whatever logs beside its work: typed as void, its functions may be asynchronous all the same, and a
 * rejection that nobody hears would end the process. It ends here. What a function throws at once reaches whoever's operation logged.
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
