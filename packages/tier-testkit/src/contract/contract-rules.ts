/**
 * The tier contract, one sentence per rule. A failing conformance test quotes the broken one; `docs/extend/contract.md`
 * lists the same sentences.
 */
export const CONTRACT_RULES = Object.freeze({
  shape:
    'A tier names itself, its capabilities and the integer of the contract that it was written for, and has every method of the contract.',
  modes:
    'A tier that claims `synchronous` answers with values, never with promises; one that does not answers with promises.',
  settles: 'Every operation comes to an end: a promise that a tier gives is settled.',
  lifecycle: '`open` and `close` are idempotent; a tier opens by itself on first use, also after `close`.',
  stores: 'A put that returns true stores the entry under its key; get gives back an equal entry.',
  overwrites:
    'A put replaces what stood under the key, with its fields and its deadline: nothing of the old entry is left.',
  deletes: 'delete is true exactly when a live entry was there, and it is gone afterwards.',
  clears: 'clear removes everything in the tier, and nothing else, and tells how many live entries that were.',
  lists: 'size, keys and entries tell of the live entries: each once, and no other.',
  looks: 'has and peek leave no trace: no count, no use, no reordering.',
  batches: 'getMany, putMany and deleteMany do what their single forms do, in the order of the call.',
  expires:
    'An entry is expired from the millisecond `expiresAt` on, by the injected clock, and invisible then in get, has, peek, keys, entries and size.',
  deadlines:
    'The absolute `expiresAt` of an entry decides, whenever it was put and however far it lies ahead; its `ttlSeconds` does not.',
  cleanup: 'cleanupExpired removes every expired entry and nothing else, and tells how many.',
  fields:
    'All 22 fields of an entry come back as they were put: times to the microsecond, null as null, whole numbers to 2^53-1, texts of any length. An empty credential is none.',
  labels:
    'The labels of an entry are stored with it and come back as they were put: frozen, each name and value, in the order of their names. A put replaces all of them, and nothing but a put changes them. `labelTexts` and `parseLabelTexts` are how a store writes and reads them.',
  keys: 'Keys are data: any non-empty text is a key, and two keys that differ in any character name two entries. One with a lone surrogate, which has no UTF-8, is refused or kept as it is, and never taken for another.',
  values: 'Texts are data: whatever an entry holds comes back unchanged.',
  arguments: 'A wrong argument is a CacheValidationError that names it, and changes nothing.',
  capacity:
    'A tier never holds more than `maxEntries`; a put into a full tier makes room by itself, and tells `onEvict` of a live entry that had to go. Where `maxEntries` was lowered, the next put makes the room at the latest.',
  expiredFirst: 'Expired entries make room before live ones.',
  lru: 'With `lru` the entry goes first whose last use is longest ago: a put is a use, and so is a get that recordAccess tells of.',
  lfu: 'With `lfu` the entry goes first that was used least often; of several, the oldest.',
  fifo: 'With `fifo` the entry goes first that was stored first, however it was used; replacing it does not move it.',
  aliasing:
    'Nobody can change what is stored but through the tier: neither by what was put, nor by what was got. Lists are taken as they are when an operation is called.',
  secrets: 'A credential never stands in clear in anything that a tier writes, logs, throws or shows.',
  cipher: 'A persistent tier without a cipher refuses an entry that has credentials, and stores nothing of it.',
  unreadable:
    'An entry whose credentials no key opens is a miss, stays stored, is counted as undecryptable, and comes back with its key; the tier stays on.',
  binding:
    'A credential opens at the proxy and in the role that it was sealed for, and nowhere else: the cipher is told both when it seals and when it opens. An entry with a token that belongs elsewhere is unreadable.',
  failures: 'Failures in a row are counted, `failureThreshold` of them switch the tier off, a success forgets them.',
  disabled:
    'A tier that is off answers as for a miss, changes nothing, and does not throw; one that its configuration switched off never touches its store, not even in open.',
  recovers: '`resetFailures` switches a tier on again with everything it held, unless its configuration says off.',
  absorbs: 'Reads and writes do not throw for a fault of the store: they answer as for a miss and count a failure.',
  unhandled: 'No promise of a tier rejects where nobody hears it.',
  listeners: 'An `onEvict` that throws or rejects harms nobody.',
  statistics: 'Every get is one hit or one miss; every removal has one reason; currentSize is the size.',
  access: 'recordAccess stores the count and the time that it is given, and tells how many of the keys were there.',
  now: 'getNow answers and counts as get does; a tier that does not claim `synchronous` may give a value where it has one at once.',
  touched:
    'touched gives one view, always the same, of what touch has counted since its first call: the newest count and time of each key, whatever becomes of its entry, until they are taken or forgotten. Where an entry is put anew, neither goes back. It comes with touch, in tiers that claim `synchronous`.',
  soon: 'putSoon stores as put does, before the writes that follow, and is true once the entry is as safe as after put.',
  reseal:
    'reseal seals again what the current key did not seal, expired records too, counts it, and changes nothing but tokens. Then no file of the tier holds a token of an older key, but for what it counts as `inQuarantine` or unreadable.',
  sideValues:
    'A persistent tier may keep small values beside its entries (`sideValues`): read gives the value of a name, storeIfAbsent stores the first one and answers with what is stored, replace stores one in the place of the expected one. They are no entries, in no list and no count; neither clear nor a limit nor time removes them.',
  concurrency: 'Operations that overlap end as if they had run one after the other; what was acknowledged is not lost.',
  persistent:
    'A tier that claims `persistent` keeps every put that returned true over close, over the end of the process, and over kill -9; one that does not keeps nothing.',
  shared:
    'A tier that claims `shared` may be open several times on one store, in one or several processes: each sees the writes of the others at its next operation, and none is lost. One that does not sees none of them.',
  ordered:
    "A tier that claims `ordered` gives keys and entries in ascending order of the keys' UTF-8 bytes; one that does not claims too little if it always does.",
  query:
    'A tier that claims `query` finds exactly the entries that fit a filter, in its order, page by page; `random` gives one page, each entry that fits with the same chance. With `includeExpired` also expired ones that nothing removed yet. One that does not has no such method.',
  healthHistory:
    'A tier that claims `healthHistory` records a check in the entry and in its history, newest first; a put keeps the history, a delete ends it. One that does not has no such methods.',
  leaves: 'A closed tier leaves no handle, timer, listener or file of its own behind, and lets the process end.',
  forgotten: 'A tier that nobody closed lets the process end, and loses nothing that it acknowledged.',
});

/** The name of a sentence of the contract. */
export type ContractRule = keyof typeof CONTRACT_RULES;
