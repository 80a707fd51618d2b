import { createHash } from 'node:crypto';

/** A Lua script that the server runs atomically, called by its digest once it is loaded. */
export interface Script {
  readonly text: string;
  readonly digest: string;
}

function script(text: string): Script {
  return { text, digest: createHash('sha1').update(text).digest('hex') };
}

/**
 * Calls a command on a name that may have a value of another type, and returns `nil` in that case. Any other error,
 * such as NOPERM, ends the script.
 */
const ASK = `
local function ask(...)
  local answer = redis.pcall(...)
  if type(answer) ~= 'table' or not answer.err then return answer end
  if string.sub(answer.err, 1, 9) == 'WRONGTYPE' then return nil end
  return redis.call(...)
end`;

/**
 * The deadline of an entry, to the microsecond, from the head of its record; `nil` if there is no record. A value
 * without such a head is damaged and counts as expired (0).
 */
const DEADLINE = `${ASK}
local function deadline(name)
  local text = ask('GETRANGE', name, 42, 61)
  if text == '' then return nil end
  local t = text and tonumber(text)
  return t and t == t and t or 0
end`;

/**
 * Reads records and their accesses, as many as fit into one reply but at least the first.
 * KEYS: for each, record and accesses. ARGV: most bytes of a record, most bytes of all.
 * Returns for each the record (false if absent, 1 if it is not a string or is too long), then the accesses.
 */
export const READ = script(`${ASK}
local all, most, room = {}, tonumber(ARGV[1]), tonumber(ARGV[2])
for i = 1, #KEYS, 2 do
  local record = ask('GETRANGE', KEYS[i], 0, most)
  if record == '' then record = false
  elseif not record or #record > most then record = 1
  else
    room = room - #record
    if room < 0 and i > 1 then break end
  end
  all[i] = record
  local access = type(record) == 'string' and ask('GETRANGE', KEYS[i + 1], 0, 127)
  all[i + 1] = access and access ~= '' and access or false
end
return all`);

/**
 * Renames a damaged record into quarantine, keeping its deadline, unless it was replaced since it was read.
 * KEYS: the record, its name in quarantine. ARGV: the ASCII characters of the head that was read (other bytes may have
 * been decoded lossily); most bytes of a record. A value that is not a string, or is longer, is renamed without
 * comparison.
 * Returns 1 if the record was renamed.
 */
export const QUARANTINE = script(`${ASK}
local head = ask('GETRANGE', KEYS[1], 0, 61)
if head == '' then return 0 end
if head and redis.call('STRLEN', KEYS[1]) <= tonumber(ARGV[2]) then
  local mine = string.gsub(head, '[\\128-\\255]', '')
  if string.sub(ARGV[1], 1, #mine) ~= mine then return 0 end
end
redis.call('RENAME', KEYS[1], KEYS[2])
return 1`);

/**
 * Deletes the index of a bounded namespace if it is damaged (a value of another type, or a counter that is not a number
 * below 2^52), so that it can be rebuilt.
 * KEYS: order, deadlines, counter. Returns 1 if it was deleted.
 */
export const CHECK_INDEX = script(`
local function is(name, wanted)
  local found = redis.call('TYPE', name).ok
  return found == wanted or found == 'none'
end
if is(KEYS[1], 'zset') and is(KEYS[2], 'zset') and is(KEYS[3], 'string') then
  local text = redis.call('GETRANGE', KEYS[3], 0, 20)
  if text == '' then return 0 end
  local count = string.match(text, '^%d+$') and tonumber(text)
  if count and count < 2 ^ 52 then return 0 end
end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
return 1`);

/** KEYS: records. ARGV: now. Returns 1 for each record that is live, 0 for the others. */
export const LIVE = script(`${DEADLINE}
local all, now = {}, tonumber(ARGV[1])
for i = 1, #KEYS do
  local t = deadline(KEYS[i])
  all[i] = t and t > now and 1 or 0
end
return all`);

/**
 * Deletes records, from the index as well if there is one.
 * KEYS: for each, record and accesses. ARGV: now; 1 for expired records only; names of the index, or ''; prefix of
 * records.
 * Returns 1 for each deleted live record, 2 for a deleted expired one, 0 for one that was absent or kept.
 */
export const DELETE = script(`${DEADLINE}
local gone, now = {}, tonumber(ARGV[1])
for i = 1, #KEYS, 2 do
  local t = deadline(KEYS[i])
  local was = t and (t > now and 1 or 2) or 0
  if was == 1 and ARGV[2] == '1' then was = 0
  elseif was > 0 then redis.call('UNLINK', KEYS[i], KEYS[i + 1]) end
  if ARGV[3] ~= '' and not (t and was == 0) then
    local key = string.sub(KEYS[i], #ARGV[5] + 1)
    redis.call('ZREM', ARGV[3], key)
    redis.call('ZREM', ARGV[4], key)
  end
  gone[#gone + 1] = was
end
return gone`);

/**
 * Packs two counts into one 53-bit number: the number of uses in the high bits, the order of the last use in the low
 * ones.
 */
const SCORES = `
local SHIFT, MOST = 2 ^ 41, 4095
local function score(policy, order, key, seq, more)
  if policy ~= 'lfu' then return string.format('%.0f', seq) end
  local was = redis.call('ZSCORE', order, key)
  local uses = was and math.floor(tonumber(was) / SHIFT) or 0
  return string.format('%.0f', math.min(uses + more, MOST) * SHIFT + seq % SHIFT)
end`;

/**
 * Stores records, and makes room after each: expired ones are evicted first, then by policy, never the new one.
 * KEYS: order, deadlines, counter. ARGV: now, most entries, policy, prefix of records, prefix of accesses, most bytes
 * of a record and of all that are reported; then for each, key, value and deadline for the server.
 * Returns the number of expired records evicted, the number of live ones evicted but not reported, and then key, record
 * and accesses of each reported one. A record that is not a string or is too long is reported as an empty string.
 */
export const PUT_BOUNDED = script(`${SCORES}${DEADLINE}
local order, deadlines, counter = KEYS[1], KEYS[2], KEYS[3]
local now, most, policy, records, accesses = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
local longest, room = tonumber(ARGV[6]), tonumber(ARGV[7])
local gone, expired, unreported = { 0, 0 }, 0, 0
local function drop(key)
  redis.call('ZREM', order, key)
  redis.call('ZREM', deadlines, key)
  redis.call('UNLINK', records .. key, accesses .. key)
end
local function expire(key)
  local t = deadline(records .. key)
  if t and t > now then redis.call('ZADD', deadlines, t, key) return 0 end
  drop(key)
  expired = expired + 1
  return 1
end
for i = 8, #ARGV, 3 do
  local key = ARGV[i]
  local old = redis.call('ZSCORE', deadlines, key)
  if old and tonumber(old) <= now then expire(key) end
  redis.call('SET', records .. key, ARGV[i + 1], 'PXAT', ARGV[i + 2])
  redis.call('ZADD', deadlines, tonumber(string.sub(ARGV[i + 1], 43, 62)), key)
  local place = score(policy, order, key, redis.call('INCR', counter), 1)
  if policy == 'fifo' then redis.call('ZADD', order, 'NX', place, key) else redis.call('ZADD', order, place, key) end
  local excess = redis.call('ZCARD', order) - most
  if excess > 0 then
    for _, other in ipairs(redis.call('ZRANGEBYSCORE', deadlines, '-inf', now, 'LIMIT', 0, excess)) do
      excess = excess - expire(other)
    end
  end
  while excess > 0 do
    local first = redis.call('ZRANGE', order, 0, 1)
    local other = first[1] ~= key and first[1] or first[2]
    local record = ask('GETRANGE', records .. other, 0, longest)
    if not record or #record > longest then record = '' end
    if record ~= '' or redis.call('EXISTS', records .. other) == 1 then
      room = room - #record - 100
      if room < 0 then unreported = unreported + 1
      else
        gone[#gone + 1] = other
        gone[#gone + 1] = record
        local access = ask('GETRANGE', accesses .. other, 0, 127)
        gone[#gone + 1] = access and access ~= '' and access or false
      end
    end
    drop(other)
    excess = excess - 1
  end
end
gone[1], gone[2] = expired, unreported
return gone`);

/**
 * Adds to the index the records that were stored while the namespace had no bound, and corrects the deadlines of the
 * others.
 * KEYS: order, deadlines, counter. ARGV: policy, prefix of records; then the keys.
 */
export const INDEX = script(`${SCORES}${DEADLINE}
for i = 3, #ARGV do
  local key = ARGV[i]
  local t = deadline(ARGV[2] .. key)
  if t then
    redis.call('ZADD', KEYS[2], t, key)
    if not redis.call('ZSCORE', KEYS[1], key) then
      redis.call('ZADD', KEYS[1], score(ARGV[1], KEYS[1], key, redis.call('INCR', KEYS[3]), 1), key)
    end
  end
end
return 0`);

/**
 * Adds accesses to those of live records, and keeps the later time. A count that is not a number is left as it is: the
 * next read finds the damage. Times are compared by their digits, because the order of other characters depends on the
 * server's locale.
 * KEYS: for each, record and accesses. ARGV: now, policy; order and counter of the index, or ''; prefix of records;
 * then for each, hits, flag and time. Returns the number of live records.
 */
export const ACCESS = script(`${SCORES}${DEADLINE}
local function digits(time)
  local text = string.gsub(string.gsub(time, '%+.*$', ''), '%D', '')
  return text .. string.rep('0', 20 - #text)
end
local function sum(text, hits)
  local was = tonumber(text)
  if not was or was ~= was or was < 0 then return text end
  return string.format('%016.0f', math.min(was + hits, 9007199254740991))
end
local now, policy, order, found = tonumber(ARGV[1]), ARGV[2], ARGV[3], 0
for i = 1, #KEYS, 2 do
  local at = 6 + (i - 1) / 2 * 3
  local t = deadline(KEYS[i])
  if t and t > now then
    local head = redis.call('GETRANGE', KEYS[i], 9, 41)
    local old = ask('GETRANGE', KEYS[i + 1], 0, 127)
    local hits, flag, time = tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 2]
    if old and string.sub(old, 1, 16) == string.sub(head, 1, 16) then
      head = string.sub(old, 1, 33)
      if digits(string.sub(old, 34)) > digits(time) then time = string.sub(old, 34) end
    end
    if flag == '-' then flag = string.sub(head, 33, 33) end
    local count = sum(string.sub(head, 17, 32), hits)
    redis.call('SET', KEYS[i + 1], string.sub(head, 1, 16) .. count .. flag .. time, 'PXAT',
      redis.call('PEXPIRETIME', KEYS[i]))
    found = found + 1
    if order ~= '' and policy ~= 'fifo' then
      local key = string.sub(KEYS[i], #ARGV[5] + 1)
      local place = score(policy, order, key, redis.call('INCR', ARGV[4]), math.max(1, hits))
      redis.call('ZADD', order, 'XX', place, key)
    end
  end
end
return found`);

/**
 * Compares and swaps. KEYS: a record. ARGV: the expected value; the new value, which keeps the deadline, or '' to
 * delete.
 * Returns 1 if the value was as expected.
 */
export const SWAP = script(`${ASK}
if ask('STRLEN', KEYS[1]) ~= #ARGV[1] or redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('UNLINK', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL') end
return 1`);

/**
 * Takes a free lease. A value that is not a string or never expires is not a lease, and is replaced: it would block the
 * key permanently. KEYS: the lease. ARGV: its token, milliseconds.
 * Returns 1 if the lease was taken, 2 if it replaced such a value, 0 if another process holds it.
 */
export const CLAIM = script(`
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('TYPE', KEYS[1]).ok == 'string' and redis.call('PEXPIRETIME', KEYS[1]) > 0 then return 0 end
redis.call('UNLINK', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 2`);

/**
 * Extends or releases a lease. KEYS: the lease. ARGV: its token; new duration in milliseconds, 0 to release. Returns 1
 * if the token matched.
 */
export const LEASE = script(`${ASK}
if ask('GETRANGE', KEYS[1], 0, 63) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then return redis.call('UNLINK', KEYS[1]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

export const ALL_SCRIPTS: readonly Script[] = [
  READ,
  LIVE,
  DELETE,
  PUT_BOUNDED,
  INDEX,
  CHECK_INDEX,
  ACCESS,
  SWAP,
  QUARANTINE,
  CLAIM,
  LEASE,
];
