/**
 * The tier contract, one sentence per rule. A failing conformance test quotes the broken one; `docs/extend/contract.md`
 * lists the same sentences.
 */
export const CONTRACT_RULES = Object.freeze({
  shape:
    'A tier states its name, its capabilities and the version of the contract that it was written for. It has every method of the contract, and of the optional parts exactly those that it claims.',
  modes: 'A tier that claims `synchronous` returns values, never promises; any other tier returns promises.',
  settles: 'Every operation completes: every promise that a tier returns settles.',
  lifecycle: '`open` and `close` are idempotent; a tier opens on first use, also after `close`.',
  stores: 'A put that returns true stores the entry under its key; get returns an equal entry.',
  overwrites: 'A put replaces the whole entry under its key, fields and deadline: nothing of the old entry is left.',
  deletes: 'delete is true exactly when a live entry was there, and it is gone afterwards.',
  clears: 'clear removes everything in the tier, and nothing else, and returns how many live entries that were.',
  lists: 'size, keys and entries report the live entries: each once, and no others.',
  looks: 'has and peek leave no trace: no count, no use, no reordering.',
  batches: 'getMany, putMany and deleteMany do what their single forms do, in the order of the call.',
  expires:
    'An entry is expired from the millisecond `expiresAt` on, by the injected clock, and invisible then in get, has, peek, keys, entries and size.',
  deadlines:
    'The absolute `expiresAt` of an entry decides, whenever the entry was put and however far ahead it is; its `ttlSeconds` does not.',
  cleanup: 'cleanupExpired removes every expired entry and nothing else, and returns how many.',
  fields:
    'All 22 fields of an entry come back as they were put: times to the microsecond, null as null, whole numbers up to 2^53-1, strings of any length. An empty credential is the same as none.',
  labels:
    'The labels of an entry are stored with it and come back as they were put: frozen, each name and value, in the order of their names. A put replaces all of them, and nothing else changes them. `labelTexts` and `parseLabelTexts` are how a store writes and reads them.',
  keys: 'Keys are data: any non-empty string is a key, and keys that differ in any character belong to different entries. A key with a lone surrogate, which has no UTF-8 form, is refused or kept exactly, and never confused with another.',
  values: 'Strings are data: they come back unchanged, whatever they contain.',
  arguments: 'An invalid argument causes a CacheValidationError that names it, and changes nothing.',
  capacity:
    'A tier never holds more than `maxEntries`; a put into a full tier evicts an entry, and passes it to `onEvict` if it was live. After `maxEntries` was lowered, the next put evicts the surplus at the latest.',
  expiredFirst: 'Expired entries are evicted before live ones.',
  lru: 'With `lru` the least recently used entry is evicted first: a put is a use, and so is a get that the tier counts or that recordAccess reports.',
  lfu: 'With `lfu` the least frequently used entry is evicted first; of several, the oldest.',
  fifo: 'With `fifo` the entry that was stored first is evicted first, however it was used; replacing it does not move it.',
  aliasing:
    'Stored entries change only through the tier, never through an object that was put or returned. Changing a list after it was passed to an operation has no effect on the operation.',
  secrets: 'A credential never appears in clear in anything that a tier writes, logs, throws or shows.',
  cipher: 'A persistent tier without a cipher refuses an entry that has credentials, and stores nothing of it.',
  unreadable:
    'An entry whose credentials no key opens is a miss, stays stored, is counted as undecryptable, and is readable again with its key; the tier stays on.',
  binding:
    'A credential opens at the proxy and in the role that it was sealed for, and nowhere else: the cipher receives both when it seals and when it opens. An entry with a token that belongs elsewhere is unreadable.',
  failures:
    'Consecutive failures are counted, `failureThreshold` of them switch the tier off, and a success resets the count.',
  disabled:
    'A tier that is off answers as for a miss, changes nothing, and does not throw; a tier that its configuration switched off never touches its store, not even in open.',
  recovers: '`resetFailures` switches a tier on again with all its entries, unless its configuration says off.',
  absorbs: 'Reads and writes do not throw for a fault of the store: they answer as for a miss and count a failure.',
  unhandled: 'No promise of a tier rejects unhandled.',
  listeners: 'An `onEvict` that throws or rejects does not affect the tier.',
  statistics: 'Every get is one hit or one miss; every removal has one reason; currentSize is the size.',
  access:
    'recordAccess adds the hits of each update to the stored count, atomically for all instances and processes, up to 2^53 - 1, keeps the later time, and returns how many of the updates had a live entry. A call that fails adds nothing.',
  counts:
    'A tier that claims `countsAccesses` keeps the entry that was put, or one copy of it, and returns this object from every read. Each get, also in getMany, adds one to its `accessCount` and sets its `lastAccessed` by the injected clock; nothing else but recordAccess raises them, and nothing lowers them. It counts no entry of another tier. Any other tier changes no counts when it is read.',
  now: 'A tier that claims `immediate` has getNow, which returns and counts the same as get; if the tier does not claim `synchronous`, it may return a value instead of a promise when it has one. Any other tier has no such method.',
  reseal:
    'A tier that claims `reseal` seals again and counts everything that the current key did not seal, in expired records too, and changes nothing but tokens. Afterwards no file of the tier contains a token of an older key, except what it counts as `inQuarantine` or unreadable.',
  sideValues:
    'A tier that claims `sideValues` keeps small values beside its entries: read returns the value of a name, storeIfAbsent stores the first one and returns what is stored, replace stores a value in place of the expected one. They are not entries and appear in no list and no count; neither clear nor a limit nor time removes them.',
  leases:
    'A tier that claims `leases` gives the lease of a key to one owner at a time, whether or not the key has an entry: acquire returns its token, or null while another owner has it; with the token, it extends the lease. release ends the lease with the token and no other; a lease that is not released expires.',
  changes:
    'A tier that claims `changes` calls each listener with null once the store is reached, and with the key of each entry that another instance then stores or removes, after that change, until the listener is removed. Once `poll` has returned true, every change made before it was called is reported.',
  update:
    'A tier that claims `update` changes an entry as one atomic step, however many instances and processes change it at the same time: no change is lost, and none is made of an expired entry or of one that was removed.',
  log: 'A tier that claims `log` gives each write a version above all before it, whatever the clocks say, and logs it in the same transaction: what `read` returns after a position names every key that was written since, by any instance, and says which writes were updates. A version is stored with its entry.',
  marks:
    'A tier that claims `marks` asks the given function under its lock, right before it changes the record, stores a mark before the record that it concerns, and neither evicts nor expires what is marked. A version is stored with its entry.',
  concurrency: 'Operations that overlap end as if they had run one after the other; what was acknowledged is not lost.',
  persistent:
    'A tier that claims `persistent` keeps every put that returned true across close, the end of the process, and kill -9; any other tier keeps nothing.',
  shared:
    'A tier that claims `shared` may be open several times on one store, in one or several processes: each sees the writes of the others at its next operation, and none is lost. Any other tier sees none of them.',
  ordered:
    "A tier that claims `ordered` lists keys and entries in ascending order of the keys' UTF-8 bytes; a tier that always does so must claim it.",
  query:
    'A tier that claims `query` finds exactly the entries that match a filter, in its order, page by page; `random` returns one page, on which every matching entry is equally likely. `includeExpired` adds expired entries that have not been removed yet.',
  health:
    'A tier that claims `health` records a check in one atomic step: it stores what the given change makes of its own live entry, and adds the check to the history of the key, newest first. If the change throws, it stores nothing. A put keeps the history, a delete ends it.',
  leaves: 'A closed tier leaves no handle, timer, listener or file of its own behind, and lets the process end.',
  forgotten: 'A tier that was never closed lets the process end, and loses nothing that it acknowledged.',
});

/** The name of a sentence of the contract. */
export type ContractRule = keyof typeof CONTRACT_RULES;
