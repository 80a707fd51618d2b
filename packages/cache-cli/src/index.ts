export { run } from './run.ts';
export type { CliIo, CliStream } from './streams/cli-io.ts';
