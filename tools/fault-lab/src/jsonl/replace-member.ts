/**
 * Replaces a method or accessor of the tier for a control. Throws if the tier no longer has it, because the control
 * would then prove nothing.
 */
export function replaceMember(prototype: object, name: string, descriptor: PropertyDescriptor): void {
  if (!(name in prototype)) throw new Error(`the JSON Lines tier no longer has ${name}: adapt the control`);
  Object.defineProperty(prototype, name, { configurable: true, ...descriptor });
}
