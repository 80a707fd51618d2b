/** Protected in BaseTier's types: for tier authors, and on hot paths. */
const PROTECTED: ReadonlySet<string> = new Set(['sizeNow', 'seen', 'run', 'runNow', 'evicted', 'passOver']);

/** Every function, constructor, static method and method that a package exports, named as in `Call`. */
export function publicCalls(exported: Readonly<Record<string, unknown>>): string[] {
  const names: string[] = [];
  for (const [name, value] of Object.entries(exported)) {
    if (typeof value !== 'function') continue;
    names.push(name);
    if (!isClass(value)) continue;
    for (const method of ownFunctions(value)) names.push(`${name}.${method}`);
    for (const method of methodsOf(value.prototype as object)) names.push(`${name}#${method}`);
  }
  return names;
}

function isClass(value: unknown): value is { readonly prototype: unknown } {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

/** Methods of a class and its superclasses, without hooks (`doGet`), which are internal to a tier, and symbols. */
function methodsOf(prototype: object): Set<string> {
  const names = new Set<string>();
  for (let at = prototype; at !== Object.prototype && at !== Error.prototype; at = Object.getPrototypeOf(at) as object)
    for (const name of ownFunctions(at)) if (isPublic(name)) names.add(name);
  return names;
}

function isPublic(name: string): boolean {
  return name !== 'constructor' && !/^do[A-Z]/.test(name) && !PROTECTED.has(name);
}

function ownFunctions(holder: object): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(holder))
    .filter(([, { value }]) => typeof value === 'function')
    .map(([name]) => name);
}
