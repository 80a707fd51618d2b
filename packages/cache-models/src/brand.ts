const PREFIX = '@pw/cache-models/';

/**
 * Identity that survives copies of this package: a plugin may bring its own copy, so a class is recognised by a
 * registered symbol on its prototype and never by the prototype chain alone.
 */
export function brandOf(name: string): symbol {
  return Symbol.for(`${PREFIX}${name}`);
}

/** True when the value, or its prototype, carries the brand. */
export function hasBrand(value: unknown, brand: symbol): boolean {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
}

/**
 * Marks a class so that `instanceof` works across copies of this package; subclasses keep the usual meaning. Gives it the
 * brand's name, which a bundler may have changed: `util.inspect` and stack traces show it.
 */
export function brandClass(target: { prototype: object }, brand: symbol): void {
  Object.defineProperty(target, 'name', { value: Symbol.keyFor(brand)?.slice(PREFIX.length) });
  Object.defineProperty(target.prototype, brand, { value: true });
  Object.defineProperty(target, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      return this === target ? hasBrand(value, brand) : Function.prototype[Symbol.hasInstance].call(this, value);
    },
  });
}
