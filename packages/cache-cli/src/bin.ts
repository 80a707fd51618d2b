#!/usr/bin/env node
import { listenForSignals } from './errors/interruption.ts';
import { describeUnexpected } from './errors/unexpected-error.ts';
import { missingPackage } from './store/missing-packages.ts';
import { stdinOfProcess } from './streams/process-stdin.ts';

const signal = listenForSignals();
// Rejections that nobody waits for come here too.
process.on('uncaughtException', (error) => end(describeUnexpected(error)));

try {
  // Loaded here and not above: an installation that is not complete is an error like any other.
  const { run } = await import('./run.ts');
  process.exitCode = await run(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: stdinOfProcess(),
    env: process.env,
    signal,
  });
  // Whoever interrupts it does not wait for a reader that does not read.
  if (signal.aborted) process.exit();
} catch (error) {
  const missing = missingPackage(error);
  end(missing === undefined ? describeUnexpected(error) : `a package is missing: npm install ${missing}`);
}

function end(message: string): void {
  process.exitCode = 1;
  process.stderr.write(`pw-cache: ${message}\n`, () => process.exit(1));
}
