// Preloaded into a script to shift its clock by PW_CLOCK_AHEAD milliseconds. File times are still the system's.
const ahead = Number(process.env['PW_CLOCK_AHEAD']);
const RealDate = Date;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, receiver) =>
    Reflect.construct(target, args.length === 0 ? [RealDate.now() + ahead] : args, receiver) as object,
  get: (target, name, receiver) =>
    name === 'now' ? () => RealDate.now() + ahead : (Reflect.get(target, name, receiver) as unknown),
});
