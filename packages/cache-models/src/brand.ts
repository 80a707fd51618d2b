const PREFIX = '@pw/cache-models/';

/**
 * The registered symbol that identifies a class across copies of this package. A plugin may bring its own copy, so
 * classes are recognised by this symbol on their prototype, never by the prototype chain alone.
 */
export function brandOf(name: string): symbol {
  return Symbol.for(`${PREFIX}${name}`);
}

/** True when the value, or its prototype, carries the brand. */
export function hasBrand(value: unknown, brand: symbol): boolean {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
}

/**
 * Brands a class, so that `instanceof` works across copies of this package; for subclasses `instanceof` keeps its usual
 * meaning. Also restores the class name, which a bundler may have changed: `util.inspect` and stack traces show it.
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
