import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { brandClass, brandOf } from '../src/brand.ts';

it('restores the class name from its brand, however a bundler has renamed the class', () => {
  class Renamed {}
  brandClass(Renamed, brandOf('Thing'));
  expect(Renamed.name).toBe('Thing');
  expect(inspect(new Renamed())).toBe('Thing {}');
});
