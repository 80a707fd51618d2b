export { ManualClock, START } from './manual-clock.ts';
export { RecordingLogger } from './recording-logger.ts';
