import { afterAll, beforeAll, expect } from 'vitest';

/** Fails the suite for every promise that rejected where nobody heard it. */
export function expectNoUnhandledRejection(): void {
  const heard: unknown[] = [];
  const hear = (error: unknown) => heard.push(error);
  beforeAll(() => void process.on('unhandledRejection', hear));
  afterAll(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', hear);
    expect(heard).toEqual([]);
  });
}
