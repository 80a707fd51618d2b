export { entryInputs, hostileKeys } from './arbitraries.ts';
export type { ExpectedEntry } from './fixtures.ts';
export { fixtureKeys, fixturePath, readFixtureJson } from './fixtures.ts';
export { ManualClock } from './manual-clock.ts';
export { RecordingLogger } from './recording-logger.ts';
export { makeTempDir } from './temp-dir.ts';
