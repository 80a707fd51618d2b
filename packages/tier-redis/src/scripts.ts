import { createHash } from 'node:crypto';

/** A script that the server runs as one step, by its digest once it knows it. */
export interface Script {
  readonly text: string;
  readonly digest: string;
}

function script(text: string): Script {
  return { text, digest: createHash('sha1').update(text).digest('hex') };
}

/**
 * The deadline of an entry, to the microsecond, from the head of its record; `nil` for none. What has no such head is damaged, and
 * over: no time is later.
 */
const DEADLINE = `
local function deadline(name)
  local text = redis.call('GETRANGE', name, 42, 61)
  if text ~= '' then return tonumber(text) or 0 end
end`;

/** KEYS: records. ARGV: now. Tells of each whether it is there and live. */
export const LIVE = script(`${DEADLINE}
local all, now = {}, tonumber(ARGV[1])
for i = 1, #KEYS do
  local t = deadline(KEYS[i])
  all[i] = t and t > now and 1 or 0
end
return all`);

/**
 * Removes records, with an index those of it too.
 * KEYS: record and accesses of each. ARGV: now; 1 for the expired ones alone; names of the index, or ''; prefix of records.
 * Gives 1 for each live one that went, 2 for an expired one, 0 for one that was not there or stays.
 */
export const REMOVE = script(`${DEADLINE}
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

/** Two counts in one number of 53 bits: uses above, the order of the last one below. */
const SCORES = `
local SHIFT, MOST = 2 ^ 41, 4095
local function score(policy, order, key, seq, more)
  if policy ~= 'lfu' then return string.format('%.0f', seq) end
  local was = redis.call('ZSCORE', order, key)
  local uses = was and math.floor(tonumber(was) / SHIFT) or 0
  return string.format('%.0f', math.min(uses + more, MOST) * SHIFT + seq % SHIFT)
end`;

/**
 * Stores records and makes room for each before the next: expired ones go first, then by the policy, never the newcomer.
 * KEYS: order, deadlines, counter. ARGV: now, most entries, policy, prefix of records, prefix of accesses; then key, value and the server's deadline of each.
 * Gives the number of expired ones that went, and key, record and accesses of each live one.
 */
export const PUT_BOUNDED = script(`${SCORES}${DEADLINE}
local order, deadlines, counter = KEYS[1], KEYS[2], KEYS[3]
local now, most, policy, records, accesses = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
local gone, expired = { 0 }, 0
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
for i = 6, #ARGV, 3 do
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
    local record = redis.call('GET', records .. other)
    if record then
      gone[#gone + 1] = other
      gone[#gone + 1] = record
      gone[#gone + 1] = redis.call('GET', accesses .. other)
    end
    drop(other)
    excess = excess - 1
  end
end
gone[1] = expired
return gone`);

/**
 * Enters records that the index does not know, stored while there was no bound, and corrects the deadlines of the others.
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
 * Stores accesses of live records.
 * KEYS: record and accesses of each. ARGV: now, policy; order and counter of the index, or ''; prefix of records; then count, flag and time of each.
 * Gives the number of those that were there.
 */
export const ACCESS = script(`${SCORES}${DEADLINE}
local now, policy, order, found = tonumber(ARGV[1]), ARGV[2], ARGV[3], 0
for i = 1, #KEYS, 2 do
  local at = 6 + (i - 1) / 2 * 3
  local t = deadline(KEYS[i])
  if t and t > now then
    local head = redis.call('GETRANGE', KEYS[i], 9, 41)
    local old = redis.call('GET', KEYS[i + 1])
    if old and string.sub(old, 1, 16) == string.sub(head, 1, 16) then head = string.sub(old, 1, 33) end
    local flag = ARGV[at + 1]
    if flag == '-' then flag = string.sub(head, 33, 33) end
    redis.call('SET', KEYS[i + 1], string.sub(head, 1, 16) .. ARGV[at] .. flag .. ARGV[at + 2], 'PXAT',
      redis.call('PEXPIRETIME', KEYS[i]))
    found = found + 1
    if order ~= '' and policy ~= 'fifo' then
      local more = math.max(1, tonumber(ARGV[at]) - tonumber(string.sub(head, 17, 32)))
      local key = string.sub(KEYS[i], #ARGV[5] + 1)
      redis.call('ZADD', order, 'XX', score(policy, order, key, redis.call('INCR', ARGV[4]), more), key)
    end
  end
end
return found`);

/** KEYS: a record. ARGV: what it must be; what it is to be with the same deadline, '' for gone. Gives 1 if it was. */
export const SWAP = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('UNLINK', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL') end
return 1`);

/** KEYS: a lease. ARGV: its token; milliseconds from now for which it goes on, 0 for its end. Gives 1 if the token was right. */
export const LEASE = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then return redis.call('UNLINK', KEYS[1]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

export const ALL_SCRIPTS: readonly Script[] = [LIVE, REMOVE, PUT_BOUNDED, INDEX, ACCESS, SWAP, LEASE];
