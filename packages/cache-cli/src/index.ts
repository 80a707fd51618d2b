export type { CliIo, CliStream } from './cli-io.ts';
export { run } from './run.ts';
