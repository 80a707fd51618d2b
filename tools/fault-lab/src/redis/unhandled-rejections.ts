import { afterAll, beforeAll, expect } from 'vitest';

/** Fails the suite for every unhandled rejection. */
export function expectNoUnhandledRejection(): void {
  const rejections: unknown[] = [];
  const collect = (error: unknown) => rejections.push(error);
  beforeAll(() => void process.on('unhandledRejection', collect));
  afterAll(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', collect);
    expect(rejections).toEqual([]);
  });
}
