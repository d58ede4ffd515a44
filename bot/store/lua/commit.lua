-- Applies one batch or refuses it. Redis runs a script alone but takes nothing back: all is checked first, then written.
--   KEYS[1]  the tenant's stem; every key below it shares its hash tag (bot/store/redis_keys.py)
--   ARGV[1]  id of this batch: a repeated one that happened already is told so
--   ARGV[2]  how long that is remembered, ms
--   ARGV[3]  how many changed keys the feed keeps
--   ARGV[4]  the batch, as msgpack: finishes, deletes, puts, releases, claims, schedules
--   ARGV[5]… values and payloads, which the batch names by their number here; 0 is none
-- Answers {} or what refused it: {"conflict", key}, {"lost", key}, {"overlap", number of the claim, holder}.
local stem = KEYS[1]
local DOCS, NAMES = stem .. 'docs', stem .. 'names'
local READY, DEAD, LAST = stem .. 'ready', stem .. 'dead', stem .. 'last'
local FEED, CHANGED = stem .. 'feed', stem .. 'changed'
local ack = stem .. 'ack:' .. ARGV[1]
if redis.call('EXISTS', ack) == 1 then return {} end
local finishes, deletes, puts, releases, claims, schedules = unpack(cmsgpack.unpack(ARGV[4]))

-- What the batch makes of documents and jobs, before anything is written.
local documents, jobs = {}, {}

local function document(key)
  if not documents[key] then
    local stored = redis.call('HGET', DOCS, key)
    documents[key] = { version = stored and tonumber(string.match(stored, '^%d+')) or 0 }
  end
  return documents[key]
end

local function job(key)
  if not jobs[key] then
    local row = redis.call('HMGET', stem .. 'job:' .. key, 'payload', 'due', 'generation', 'fence', 'leased', 'attempts',
      'since')
    jobs[key] = {
      is_there = row[3] and true, payload = row[1], due = row[2], generation = tonumber(row[3] or 0),
      fence = row[4], leased = row[5], attempts = row[6], since = row[7] or row[2], is_dead = not redis.call('ZSCORE', READY, key),
    }
  end
  return jobs[key]
end

for _, one in ipairs(finishes) do
  local key, fence, generation, again_at, payload = unpack(one)
  local found = job(key)
  if not found.is_there or not found.fence or found.fence ~= fence then return { 'lost', key } end
  found.is_changed, found.fence, found.leased = true, nil, nil
  if found.generation ~= generation then
    found.since = found.due
  else
    if again_at == '' then
      found.is_there = false
    else
      found.due, found.attempts = again_at, '0'
      if payload > 0 then found.payload = ARGV[payload] end
    end
  end
end

local function expect(key, expected)
  local found = document(key)
  if expected >= 0 and found.version ~= expected then return nil end
  return found
end

for _, one in ipairs(deletes) do
  local found = expect(one[1], one[2])
  if not found then return { 'conflict', one[1] } end
  found.version, found.value, found.is_changed = 0, nil, true
end

for _, one in ipairs(puts) do
  local found = expect(one[1], one[3])
  if not found then return { 'conflict', one[1] } end
  found.version, found.value, found.is_changed = found.version + 1, ARGV[one[2]], true
end

-- Released in this batch: by holder, true for all rooms or the rooms.
local released = {}
for _, one in ipairs(releases) do
  local holder, room = one[1], one[2]
  if room == '' then
    released[holder] = true
  elseif released[holder] ~= true then
    released[holder] = released[holder] or {}
    released[holder][room] = true
  end
end

local function is_released(holder, room)
  local given = released[holder]
  return given == true or (given and given[room])
end

-- The holder of the earliest claim in the way, and its end. A room's claims stand in the order of their ends, which is
-- that of their starts too, for they never overlap.
local function in_the_way(room, from, to)
  local at = 0
  while true do
    local found = redis.call('ZRANGEBYSCORE', stem .. 'claims:' .. room, '(' .. from, '+inf', 'LIMIT', at, 8)
    for _, member in ipairs(found) do
      local start, finish, holder = string.match(member, '^(%-?%d+)|(%-?%d+)|(.*)$')
      if tonumber(start) >= tonumber(to) then return nil end
      if not is_released(holder, room) then return holder, tonumber(finish) end
    end
    if #found < 8 then return nil end
    at = at + 8
  end
end

local made = {}
for number, one in ipairs(claims) do
  local room, from, to, holder = unpack(one)
  local other, finish = in_the_way(room, from, to)
  for _, earlier in ipairs(made[room] or {}) do
    local ends = tonumber(earlier[3])
    if tonumber(earlier[2]) < tonumber(to) and tonumber(from) < ends and (not other or ends < finish) then
      other, finish = earlier[4], ends
    end
  end
  if other then return { 'overlap', tostring(number - 1), other } end
  made[room] = made[room] or {}
  table.insert(made[room], one)
end

for _, one in ipairs(schedules) do
  local key, due, payload = unpack(one)
  local found = job(key)
  if not found.is_there or found.is_dead or tonumber(due) < tonumber(found.since) then found.since = due end
  found.is_changed, found.is_dead = true, false
  found.generation = found.is_there and found.generation + 1 or 1
  found.is_there, found.payload, found.due, found.attempts = true, ARGV[payload], due, '0'
end

-- Nothing refuses from here on.
local changed = {}
for key, found in pairs(documents) do
  if found.is_changed then table.insert(changed, key) end
  if found.is_changed and found.version > 0 then
    redis.call('HSET', DOCS, key, found.version .. ':' .. found.value)
    redis.call('ZADD', NAMES, 0, key)
  elseif found.is_changed then
    redis.call('HDEL', DOCS, key)
    redis.call('ZREM', NAMES, key)
  end
end

for holder, given in pairs(released) do
  local held = stem .. 'held:' .. holder
  for _, member in ipairs(redis.call('SMEMBERS', held)) do
    local start, finish, room = string.match(member, '^(%-?%d+)|(%-?%d+)|(.*)$')
    if given == true or given[room] then
      redis.call('ZREM', stem .. 'claims:' .. room, start .. '|' .. finish .. '|' .. holder)
      redis.call('SREM', held, member)
    end
  end
end

for _, one in ipairs(claims) do
  local room, from, to, holder = unpack(one)
  redis.call('ZADD', stem .. 'claims:' .. room, to, from .. '|' .. to .. '|' .. holder)
  redis.call('SADD', stem .. 'held:' .. holder, from .. '|' .. to .. '|' .. room)
end

for key, found in pairs(jobs) do
  local name = stem .. 'job:' .. key
  if found.attempts == '0' or not found.is_there then redis.call('SREM', LAST, key) end
  if found.is_changed and not found.is_there then
    redis.call('DEL', name)
    redis.call('ZREM', READY, key)
  elseif found.is_changed then
    redis.call('HSET', name, 'payload', found.payload, 'due', found.due, 'generation', found.generation,
      'attempts', found.attempts, 'since', found.since)
    if not found.fence then redis.call('HDEL', name, 'fence', 'leased') end
    local ready = found.due
    if found.leased and tonumber(found.leased) > tonumber(ready) then ready = found.leased end
    if found.is_dead then
      redis.call('ZREM', READY, key)
    else
      redis.call('ZADD', READY, ready, key)
      redis.call('ZREM', DEAD, key)
      redis.call('HDEL', name, 'died')
    end
  end
end

-- Each changed key stands in the feed with the number of its last change. What does not fit is forgotten, and up to
-- which number is written down: whoever has not got beyond that has missed something.
if #changed > 0 then
  redis.call('HSETNX', FEED, 'began', ARGV[1])
  local last = redis.call('HINCRBY', FEED, 'last', #changed)
  for number, key in ipairs(changed) do
    redis.call('ZADD', CHANGED, string.format('%.0f', last - #changed + number), key)
  end
  local beyond = redis.call('ZCARD', CHANGED) - tonumber(ARGV[3])
  if beyond > 0 then
    local newest = redis.call('ZRANGE', CHANGED, beyond - 1, beyond - 1, 'WITHSCORES')
    redis.call('HSET', FEED, 'forgot', newest[2])
    redis.call('ZREMRANGEBYRANK', CHANGED, 0, beyond - 1)
  end
end

redis.call('SET', ack, '', 'PX', ARGV[2])
return {}
