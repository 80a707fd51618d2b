export type { Request } from './check/history.ts';
export { History } from './check/history.ts';
export type { Fault } from './explore/script.ts';
export { scriptOf } from './explore/script.ts';
export { shrink } from './explore/shrink.ts';
export type { Action } from './world/action.ts';
