import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The abort reason of a command that received a signal. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  /** As shells report it: 130 for SIGINT, 143 for SIGTERM. */
  readonly exitCode: number;

  constructor(signal: (typeof SIGNALS)[number]) {
    super(`interrupted by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/**
 * Returns an AbortSignal that the first SIGINT or SIGTERM aborts with an Interruption, so that the command can end
 * cleanly. The same signal again exits immediately, with the same exit code. Only for the program: a library must not
 * listen to the signals of its host process.
 *
 * SIGHUP keeps its default action, so that `nohup` works.
 */
export function listenForSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of SIGNALS) {
    let hasArrived = false;
    process.on(name, () => {
      if (hasArrived) process.exit((controller.signal.reason as Interruption).exitCode);
      hasArrived = true;
      controller.abort(new Interruption(name));
    });
  }
  return controller.signal;
}
