import { CacheConfigError } from '@pw/cache-models';
import { describe, expect, it } from 'vitest';
import { ConformanceError } from '../../src/index.ts';

describe('new ConformanceError', () => {
  it.each([
    [undefined, 'failing'],
    [{ what: 5, rule: 'shape' }, 'what'],
    [{ what: 'get', rule: 'toString' }, 'rule'],
    [{ what: 'get', rule: 'shape', got: 5 }, 'got'],
  ])('refuses %o and names %s', (failing, path) => {
    const make = () => new ConformanceError(failing as never);
    expect(make).toThrow(CacheConfigError);
    expect(make).toThrow(`${path}: `);
  });
});
