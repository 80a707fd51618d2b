export type { Request } from './check/history.ts';
export { History } from './check/history.ts';
export type { Outcome } from './explore/play.ts';
export type { Fault } from './explore/script.ts';
export { scriptOf } from './explore/script.ts';
export { shrink } from './explore/shrink.ts';
export { askManager } from './stage/ask-manager.ts';
export { ScriptPlayer } from './stage/script-player.ts';
export { describeShortest } from './stage/shortest-failing.ts';
export type {
  Answer,
  Stage,
  StageProcess,
  StagePut,
  StageThread,
  StageTier,
  StoredState,
  Surroundings,
} from './stage/stage.ts';
export { STAGED_KEYS, stagedScriptOf } from './stage/staged-script.ts';
export type { Action } from './world/action.ts';
