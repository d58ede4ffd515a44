-- The dead letters, by time of death, then by key.
--   KEYS[1]  the tenant's stem
-- Answers {key, payload, attempts, died} of each.
local letters = {}
for _, key in ipairs(redis.call('ZRANGE', KEYS[1] .. 'dead', 0, -1)) do
  local row = redis.call('HMGET', KEYS[1] .. 'job:' .. key, 'payload', 'attempts', 'died')
  table.insert(letters, { key, row[1], row[2], row[3] })
end
return letters
