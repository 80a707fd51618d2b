#!/usr/bin/env node
import { listenForSignals } from './errors/interruption.ts';
import { describeUnexpected } from './errors/unexpected-error.ts';
import { missingPackage } from './store/missing-packages.ts';
import { stdinOfProcess } from './streams/process-stdin.ts';

const signal = listenForSignals();
// Receives unhandled rejections too.
process.on('uncaughtException', (error) => end(describeUnexpected(error)));

try {
  // A dynamic import, so that an incomplete installation is reported like any other error.
  const { run } = await import('./run.ts');
  process.exitCode = await run(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: stdinOfProcess(),
    env: process.env,
    signal,
  });
  // After an interruption, do not wait for a reader that has stopped reading.
  if (signal.aborted) process.exit();
} catch (error) {
  const missing = missingPackage(error);
  end(
    missing === undefined
      ? describeUnexpected(error)
      : `the package ${missing} is not installed: run npm install ${missing}`,
  );
}

function end(message: string): void {
  process.exitCode = 1;
  process.stderr.write(`pw-cache: ${message}\n`, () => process.exit(1));
}
