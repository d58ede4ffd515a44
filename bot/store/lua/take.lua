-- Leases due jobs; one whose attempts are used up becomes a dead letter instead.
--   KEYS[1]  the tenant's stem
--   ARGV     now, end of the leases, how many at most, most attempts, lowest first fence, then the prefixes
-- Answers {key, payload, fence, generation, attempt} of each, the longest due first.
local stem = KEYS[1]
local READY, DEAD, FENCE, LAST = stem .. 'ready', stem .. 'dead', stem .. 'fence', stem .. 'last'
local now, ends, limit, most = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local CHUNK = 256

local function is_wanted(key)
  for number = 6, #ARGV do
    if string.sub(key, 1, #ARGV[number]) == ARGV[number] then return true end
  end
  return false
end

for _, key in ipairs(redis.call('SMEMBERS', LAST)) do
  local name = stem .. 'job:' .. key
  if is_wanted(key) and tonumber(redis.call('ZSCORE', READY, key)) <= tonumber(now) then
    redis.call('HSET', name, 'died', now)
    redis.call('HDEL', name, 'fence', 'leased')
    redis.call('ZREM', READY, key)
    redis.call('SREM', LAST, key)
    redis.call('ZADD', DEAD, now, key)
  end
end

-- All are read before the first is moved: a lease changes the order.
local due, at = {}, 0
while #due < limit do
  local keys = redis.call('ZRANGEBYSCORE', READY, '-inf', now, 'LIMIT', at, CHUNK)
  for _, key in ipairs(keys) do
    if #due < limit and is_wanted(key) then table.insert(due, key) end
  end
  if #keys < CHUNK then break end
  at = at + CHUNK
end

-- After a loss of data, or a replica that took over behind, the counter goes on above every fence that was ever given
-- out: the lowest first fence is a time in milliseconds, and nobody gives out a thousand leases a second.
if #due > 0 and tonumber(redis.call('GET', FENCE) or '0') < tonumber(ARGV[5]) then redis.call('SET', FENCE, ARGV[5]) end

local leases = {}
for _, key in ipairs(due) do
  local name = stem .. 'job:' .. key
  local fence = string.format('%.0f', redis.call('INCR', FENCE))
  local attempt = redis.call('HINCRBY', name, 'attempts', 1)
  redis.call('HSET', name, 'fence', fence, 'leased', ends)
  local row = redis.call('HMGET', name, 'payload', 'generation', 'due')
  local ready = ends
  if tonumber(row[3]) > tonumber(ends) then ready = row[3] end
  redis.call('ZADD', READY, ready, key)
  if attempt >= most then redis.call('SADD', LAST, key) end
  table.insert(leases, { key, row[1], fence, row[2], tostring(attempt) })
end
return leases
