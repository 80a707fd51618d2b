import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** A signal that asked the command to end. */
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
 * Gives a signal that is aborted with an Interruption by the first Ctrl-C or `kill`, for the command to end in good order. The second one of a
 * kind ends the process at once, with the same exit code. For the program alone: a library must not listen to the signals of its host.
 *
 * SIGHUP is left as it is, so that `nohup` works.
 */
export function listenForSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of SIGNALS) {
    let isAskedAgain = false;
    process.on(name, () => {
      if (isAskedAgain) process.exit((controller.signal.reason as Interruption).exitCode);
      isAskedAgain = true;
      controller.abort(new Interruption(name));
    });
  }
  return controller.signal;
}
