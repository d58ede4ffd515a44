-- Documents whose key starts with a prefix, by key, of one moment.
--   KEYS[1]  the tenant's stem
--   ARGV[1]  the prefix; no key holds the byte 255, so that everything below it comes before prefix and 255
--   ARGV[2]  the key to go on after, or ''
--   ARGV[3]  how many at most, or -1
-- Answers key, document, key, document, …
local first, last = '-', '+'
if ARGV[1] ~= '' then
  first, last = '[' .. ARGV[1], '(' .. ARGV[1] .. '\255'
end
if ARGV[2] > ARGV[1] then first = '(' .. ARGV[2] end
local keys = redis.call('ZRANGEBYLEX', KEYS[1] .. 'names', first, last, 'LIMIT', 0, ARGV[3])
local found = {}
for at = 1, #keys, 1000 do
  local some = { unpack(keys, at, math.min(at + 999, #keys)) }
  for number, document in ipairs(redis.call('HMGET', KEYS[1] .. 'docs', unpack(some))) do
    table.insert(found, some[number])
    table.insert(found, document)
  end
end
return found
