import { ignoreRejection, type LogFields, type Logger, silentLogger } from '@pw/cache-models';

/**
 * A logger whose errors are swallowed. Much of what the manager logs comes from background work, such as cleanups and
 * loads behind a stale entry, where an error would end the process; and no operation should fail because of a log line.
 */
export function quietLogger(logger: Logger): Logger {
  if (logger === silentLogger) return logger;
  const quiet = (name: keyof Logger) => (fields: LogFields, message: string) => {
    try {
      // Typed as void, but an async function satisfies that type too.
      ignoreRejection(logger[name](fields, message));
    } catch {
      // There is nowhere left to report it.
    }
  };
  return Object.freeze({
    debug: quiet('debug'),
    info: quiet('info'),
    warn: quiet('warn'),
    error: quiet('error'),
  });
}
