import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { brandClass, brandOf } from '../src/brand.ts';

it('gives a class the name of its brand, whatever a bundler calls it', () => {
  class Renamed {}
  brandClass(Renamed, brandOf('Thing'));
  expect([Renamed.name, inspect(new Renamed())]).toEqual(['Thing', 'Thing {}']);
});
