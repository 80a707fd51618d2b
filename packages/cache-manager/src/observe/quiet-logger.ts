import { isPromise, type LogFields, type Logger, silentLogger } from '@pw/cache-models';

/**
 * The same logger, whose faults end here. Much of what the manager logs is work that nobody waits for, such as sweeps and loads behind an
 * old entry: an error that nobody hears would end the process, and a log line is worth no operation either.
 */
export function quietLogger(logger: Logger): Logger {
  if (logger === silentLogger) return logger;
  const quiet = (name: keyof Logger) => (fields: LogFields, message: string) => {
    try {
      // Typed as void, which an async function satisfies.
      const answer: unknown = logger[name](fields, message);
      if (isPromise(answer)) answer.then(undefined, () => {});
    } catch {
      // There is nowhere left to tell of it.
    }
  };
  return Object.freeze({
    debug: quiet('debug'),
    info: quiet('info'),
    warn: quiet('warn'),
    error: quiet('error'),
  });
}
