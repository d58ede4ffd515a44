-- What is owed, by kind: a key up to and with its first "/".
--   KEYS[1]  the tenant's stem
--   ARGV[1]  now
-- Answers {kind, living, due, dead, since or ''} of each.
local stem, now = KEYS[1], tonumber(ARGV[1])
local kinds, found = {}, {}

local function kind_of(key)
  local kind = string.match(key, '^[^/]*/') or ''
  if not found[kind] then
    found[kind] = { kind, 0, 0, 0, '' }
    table.insert(kinds, found[kind])
  end
  return found[kind]
end

local ready = redis.call('ZRANGE', stem .. 'ready', 0, -1, 'WITHSCORES')
for at = 1, #ready, 2 do
  local row = kind_of(ready[at])
  row[2] = row[2] + 1
  if tonumber(ready[at + 1]) <= now then row[3] = row[3] + 1 end
  local since = redis.call('HGET', stem .. 'job:' .. ready[at], 'since')
  if since and tonumber(since) <= now and (row[5] == '' or tonumber(since) < tonumber(row[5])) then row[5] = since end
end
for _, key in ipairs(redis.call('ZRANGE', stem .. 'dead', 0, -1)) do
  local row = kind_of(key)
  row[4] = row[4] + 1
end
return kinds
