/** What can be left out of the protocol, to see what it is for. */
export const RULES = {
  'memory-last': 'a put enters memory only after every persistent tier was asked',
  guard: 'under its lock, a middle takes a record only if that is still the current one in the base',
  'lost-base': 'a put that its base no longer knows, because the base was replaced, is not acknowledged',
  withdrawn: 'a write that was given up before a middle began it is not wanted any more',
  'late-loses': 'what is above a write under its lock, because it was made alone, stays',
  'marked-promotion': 'a promotion replaces nothing that is marked',
  'kept-foreign': 'a promotion replaces nothing that another program wrote',
  marks: 'a write that the base misses is marked in the middle, before it is made',
  'marked-stay': 'marked records are neither evicted nor removed when they expire',
  'alone-above': 'a write made alone gets a version above those of the record and the mark that it replaces',
  leap: 'a write made alone gets a version far above the clock, so that clocks which differ change nothing',
  after: 'a write gets a version above all that the process has heard of',
  'alone-in-time': 'a write made alone never begins after its deadline',
  'fresh-marks': 'a write reads the marks, even if no poll is due',
  'marks-heard': 'a mark says which version was given, also that of a record',
  'replay-heard': 'a replay that the base did not answer is heard of all the same',
  'replay-first': 'a write of a marked key replays the mark first',
  'unread-leap':
    'a write gets a version even farther above the clock if it cannot read marks that it may have to follow',
  'replay-above': 'the position of a replayed write in the log is above its version',
  behind: 'a record in a middle that is older than an open row of the log is not believed',
  knows: 'a middle is not believed before its base has been read',
  tombs: 'a marked record is compared with removals in the log too, not with the row of the base alone',
  'marks-again': 'of a marked key, the marks are read again after the record',
  doom: 'a copy that became old while it was on its way to memory is dropped when its key is unlocked',
  'empty-on-prune': 'memory is emptied when rows of the log were pruned unread',
  'marked-memory': 'memory does not answer for a marked key',
  tail: 'what others write to the files of a middle drops copies in memory',
  adopt: 'a record that another program wrote to a middle loses against an open row of the log',
  'adopt-locked': 'what is foreign is adopted under the lock of its middle',
  'update-locked': 'an update of the base holds the lock of the middle',
  'update-replays': 'an update replays a mark that it finds first',
  'update-in-time': 'an update whose deadline has passed does not begin any more',
  'agree-locked': 'before the cursor moves, older records are dropped under the lock',
  'agree-adopts': 'before the cursor moves, records without a version are adopted, or lose against the open row',
  unknown: 'a middle that its base does not know counts as marked until all its records are replayed',
  'mark-all': 'such a middle is marked as a whole first, so that nothing is evicted',
  'head-before': 'the cursor then moves to where the log ended before the first record was replayed',
  'pruned-removal':
    'a record of such a middle that is older than pruned rows, and that the base does not know, was removed',
  'base-id': 'a process notices that its base was replaced, and empties its memory',
  'clear-keeps': 'a clear leaves the marks of records that are newer',
} as const;

export type Rule = keyof typeof RULES;

export function isRule(name: string): name is Rule {
  return Object.hasOwn(RULES, name);
}
