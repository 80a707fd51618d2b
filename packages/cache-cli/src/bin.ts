#!/usr/bin/env node
import { missingPackage } from './missing-packages.ts';
import { describeUnexpected } from './unexpected.ts';

const interrupt = new AbortController();
// The first Ctrl-C ends the command in good order, the second one at once.
process.once('SIGINT', () => interrupt.abort(new Error('interrupted')));
// Rejections that nobody waits for come here too.
process.on('uncaughtException', (error) => end(describeUnexpected(error)));

try {
  // Loaded here and not above: an installation that is not complete is an error like any other.
  const { run } = await import('./run.ts');
  process.exitCode = await run(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal: interrupt.signal,
  });
} catch (error) {
  const missing = missingPackage(error);
  end(missing === undefined ? describeUnexpected(error) : `a package is missing: npm install ${missing}`);
}

function end(message: string): void {
  process.exitCode = 1;
  process.stderr.write(`pw-cache: ${message}\n`, () => process.exit(1));
}
