-- Gives leases a later end, those that are still held.
--   KEYS[1]  the tenant's stem
--   ARGV     the new end, then key and fence of each
-- Answers 1 or 0 of each: held, or lost.
local stem = KEYS[1]
local READY = stem .. 'ready'
local ends = ARGV[1]

local held = {}
for at = 2, #ARGV, 2 do
  local key, fence = ARGV[at], ARGV[at + 1]
  local name = stem .. 'job:' .. key
  local row = redis.call('HMGET', name, 'fence', 'due')
  if row[1] and row[1] == fence then
    redis.call('HSET', name, 'leased', ends)
    local ready = ends
    if tonumber(row[2]) > tonumber(ends) then ready = row[2] end
    redis.call('ZADD', READY, ready, key)
    table.insert(held, 1)
  else
    table.insert(held, 0)
  end
end
return held
