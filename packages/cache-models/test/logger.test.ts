import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Logger, silentLogger } from '../src/index.ts';
import { calmLogger } from '../src/tier/index.ts';
import { MapTier } from './tier/map-tiers.ts';

const unhandled: unknown[] = [];
const record = (error: unknown) => unhandled.push(error);

beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', record);
});
afterEach(() => process.off('unhandledRejection', record));

/** A logger that is asynchronous, such as one that sends its lines to another machine. */
function rejectingLogger(lines: string[]): Logger {
  const log = (_fields: object, message: string) => {
    lines.push(message);
    // What an async function returns, although it is typed as returning nothing.
    return Promise.reject(new Error('the line is lost')) as unknown as undefined;
  };
  return { debug: log, info: log, warn: log, error: log };
}

describe('an asynchronous logger that rejects', () => {
  it('causes no unhandled rejection, and every line is logged', async () => {
    const lines: string[] = [];
    const logger = calmLogger(rejectingLogger(lines));
    for (const name of ['debug', 'info', 'warn', 'error'] as const) logger[name]({}, name);
    await nextTurn();
    expect(lines).toEqual(['debug', 'info', 'warn', 'error']);
    expect(unhandled).toEqual([]);
  });

  it('does not end the process when a tier fails', async () => {
    const lines: string[] = [];
    const tier = new MapTier({ logger: rejectingLogger(lines) });
    tier.planted.set('bad', new Error('of the store'));
    expect(tier.get('bad')).toBeUndefined();
    await nextTurn();
    expect(lines).toEqual(['tier operation failed']);
    expect(unhandled).toEqual([]);
  });
});

describe('the error of a logger that throws', () => {
  it('reaches the operation that logged', () => {
    const lost = new Error('the disk of the log is full');
    const warn = () => {
      throw lost;
    };
    const tier = new MapTier({ logger: { ...silentLogger, warn } });
    tier.planted.set('bad', new Error('of the store'));
    expect(() => tier.get('bad')).toThrow(lost);
  });
});
