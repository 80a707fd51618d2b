import { type LogFields, type Logger, silentLogger } from '@pw/cache-models';
import { ignoreRejection } from '@pw/cache-models/tier';

/**
 * A logger whose errors are swallowed. The manager often logs from background work, such as cleanups and reloads of
 * stale entries, where an error would end the process, and no operation should fail because of a log line.
 */
export function quietLogger(logger: Logger): Logger {
  if (logger === silentLogger) return logger;
  const quiet = (name: keyof Logger) => (fields: LogFields, message: string) => {
    try {
      // Typed as void, but an async function satisfies that type too.
      ignoreRejection(logger[name](fields, message));
    } catch {
      // A failing logger cannot be reported anywhere.
    }
  };
  return Object.freeze({
    debug: quiet('debug'),
    info: quiet('info'),
    warn: quiet('warn'),
    error: quiet('error'),
  });
}
