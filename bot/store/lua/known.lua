-- Which keys there is a job under.
--   KEYS[1]  the tenant's stem
--   ARGV     the keys
-- Answers 1 or 0 for each.
local found = {}
for at, key in ipairs(ARGV) do
  found[at] = redis.call('EXISTS', KEYS[1] .. 'job:' .. key)
end
return found
