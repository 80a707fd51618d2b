#!/usr/bin/env node
import { run } from './run.ts';

const interrupt = new AbortController();
// The first Ctrl-C ends the command in good order, the second one at once.
process.once('SIGINT', () => interrupt.abort(new Error('interrupted')));

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: interrupt.signal,
});
