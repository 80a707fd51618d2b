/** The lock, or the file, is another's by now: what was under way is to be done again with the lock held. Nothing of it counts. */
export class LockLost extends Error {}
