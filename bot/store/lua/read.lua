-- Documents of certain keys, and all whose key starts with one of some prefixes, of one moment.
--   KEYS[1]   the tenant's stem
--   ARGV[1]   how many prefixes follow; no key holds the byte 255, so that all below one come before it and 255
--   ARGV[2 …] the prefixes, then the keys
-- Answers key, document, key, document, … of those that exist, first of the keys that were named.
local docs, names, found = KEYS[1] .. 'docs', KEYS[1] .. 'names', {}
local function add(key)
  local document = redis.call('HGET', docs, key)
  if document then
    table.insert(found, key)
    table.insert(found, document)
  end
end
local last = tonumber(ARGV[1]) + 1
for at = last + 1, #ARGV do add(ARGV[at]) end
for at = 2, last do
  for _, key in ipairs(redis.call('ZRANGEBYLEX', names, '[' .. ARGV[at], '(' .. ARGV[at] .. '\255')) do add(key) end
end
return found
