/**
 * The rules of the tier contract. A failing conformance test quotes the broken rule; `docs/extend/contract.md` contains the same
 * sentences.
 */
export const CONTRACT_RULES = Object.freeze({
  shape:
    'A tier declares its name, its capabilities and the version of the contract that it was written for, and has every required method.',
  modes: 'A tier that claims `synchronous` returns values, never promises; any other tier returns promises.',
  settles: 'Every operation ends: every promise that a tier returns settles.',
  lifecycle: '`open` and `close` are idempotent; a tier opens automatically on first use, also after `close`.',
  stores: 'A put that returns true stores the entry under its key; get returns an equal entry.',
  overwrites:
    'A put replaces the entry under the key completely, with all its fields and its expiry: nothing of the old entry is left.',
  deletes: 'delete returns true exactly if a live entry was there, and the entry is gone afterwards.',
  clears: 'clear removes everything in the tier and nothing else, and returns the number of live entries removed.',
  lists: 'size, keys and entries cover the live entries: each exactly once, and no others.',
  looks: 'has and peek have no side effects: no count, no use, no reordering.',
  batches: 'getMany, putMany and deleteMany do the same as their single forms, in the order of their arguments.',
  expires:
    'An entry is expired from the millisecond `expiresAt` on, according to the injected clock, and then invisible in get, has, peek, keys, entries and size.',
  deadlines:
    'Only the absolute `expiresAt` of an entry decides when it expires, whenever it was put and however far ahead it is; its `ttlSeconds` does not matter.',
  cleanup: 'cleanupExpired removes every expired entry and nothing else, and returns how many.',
  fields:
    'All 22 fields of an entry are returned as they were put: times to the microsecond, null as null, whole numbers up to 2^53-1, strings of any length. An empty credential is null.',
  labels:
    'The labels of an entry are stored with it and returned as they were put: frozen, with every name and value, ordered by name. A put replaces all of them, and only a put changes them. Stores write them with `labelTexts` and read them with `parseLabelTexts`.',
  keys: 'Keys are data: any non-empty string is a key, and keys that differ in any character belong to different entries. A key with a lone surrogate, which UTF-8 cannot encode, is refused or kept unchanged, and never confused with another key.',
  values: 'Strings are data: whatever an entry contains is returned unchanged.',
  arguments: 'A wrong argument causes a CacheValidationError that names it, and changes nothing.',
  capacity:
    'A tier never contains more than `maxEntries`; a put into a full tier evicts entries to make room, and calls `onEvict` for each live entry that it evicts. If `maxEntries` was lowered, the next put makes room at the latest.',
  expiredFirst: 'Expired entries are removed to make room before live ones.',
  lru: 'With `lru` the least recently used entry is evicted first: a put is a use, and so is a get that is reported through recordAccess.',
  lfu: 'With `lfu` the least frequently used entry is evicted first; of several, the oldest.',
  fifo: 'With `fifo` the entry that was stored first is evicted first, regardless of use; replacing an entry does not change its position.',
  aliasing:
    'Stored entries can be changed only through the tier, neither through objects that were put nor through objects that were returned. Lists are read as they are when an operation is called.',
  secrets: 'A tier never writes, logs, throws or shows an unencrypted credential.',
  cipher: 'A persistent tier without a cipher refuses an entry with credentials, and stores nothing of it.',
  unreadable:
    'An entry whose credentials no key opens is a miss, stays stored, is counted as undecryptable, and is readable again with its key; the tier stays on.',
  binding:
    'A credential opens only for the proxy and the role that it was sealed for: the cipher receives both when it seals and when it opens. An entry with a token that belongs elsewhere is unreadable.',
  failures:
    'Consecutive failures are counted; `failureThreshold` of them switch the tier off; a success resets the count.',
  disabled:
    'A tier that is switched off returns what a miss returns, changes nothing, and does not throw; a tier that its configuration disables never touches its store, not even in open.',
  recovers: '`resetFailures` switches a tier on again with all its entries, unless its configuration disables it.',
  absorbs:
    'Reads and writes do not throw for a fault of the store: they return what a miss returns and count a failure.',
  unhandled: 'No promise of a tier rejects without a handler.',
  listeners: 'An `onEvict` that throws or rejects has no effect on the operation.',
  statistics: 'Every get is one hit or one miss; every removal has one reason; currentSize is the size.',
  access: 'recordAccess stores the given count and time, and returns how many of the keys were there.',
  now: 'getNow returns and counts the same as get; a tier that does not claim `synchronous` may return a value if one is available immediately.',
  touched:
    'touched always returns the same view of what touch has counted since the first call of touched: the newest count and time of each key, regardless of what becomes of its entry, until they are taken or forgotten. Neither decreases if an entry is put again. It exists only together with touch, in tiers that claim `synchronous`.',
  soon: 'putSoon stores the same as put, before any later write, and resolves to true once the entry is as durable as after put.',
  reseal:
    'reseal seals again and counts every record that the current key did not seal, including expired records, and changes only tokens. Afterwards no file of the tier contains a token of an older key, except for those counted as `inQuarantine` or unreadable.',
  sideValues:
    'A persistent tier may keep small values beside its entries (`sideValues`): read returns the value of a name, storeIfAbsent stores a value if there is none and returns the stored one, replace replaces the expected value by another. They are not entries and not in any list or count; neither clear nor a limit nor time removes them.',
  concurrency:
    'Concurrent operations have the same result as if they had run one after the other; acknowledged writes are not lost.',
  persistent:
    'In a tier that claims `persistent`, every put that returned true survives close, the end of the process, and kill -9; any other tier keeps nothing.',
  shared:
    'A tier that claims `shared` may be open several times on one store, in one or several processes: each instance sees the writes of the others at its next operation, and none is lost. Any other tier sees none of them.',
  ordered:
    "A tier that claims `ordered` returns keys and entries in ascending order of the keys' UTF-8 bytes; a tier that always does so must claim it.",
  query:
    'A tier that claims `query` finds exactly the entries that match a filter, in its order, page by page; `random` returns one page, on which every matching entry is equally likely. With `includeExpired` it also finds expired entries that were not removed yet. Any other tier has no such method.',
  healthHistory:
    'A tier that claims `healthHistory` records a check in the entry and in its history, newest first; a put keeps the history, a delete removes it. Any other tier has no such methods.',
  leaves: 'A closed tier leaves no handle, timer, listener or temporary file behind, and lets the process end.',
  forgotten: 'A tier that was not closed lets the process end, and loses no acknowledged write.',
});

/** Names a sentence of the contract. */
export type ContractRule = keyof typeof CONTRACT_RULES;
