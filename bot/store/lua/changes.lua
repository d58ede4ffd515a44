-- Documents that changed after a position, the longest unchanged first.
--   KEYS[1]  the tenant's stem
--   ARGV     the position, or '' for the present one; how many at most
-- Answers {position, 1 where there is more, key, key, …}; or {} where that position's successors are not all known.
-- A position is the server's run, the counting's beginning and a number: a server that was started again, and a replica
-- that took over, may lack what was told before (https://redis.io/docs/latest/commands/info/, run_id).
local CHANGED, FEED = KEYS[1] .. 'changed', KEYS[1] .. 'feed'
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local feed = redis.call('HMGET', FEED, 'began', 'last', 'forgot')
local began, last, forgot = feed[1] or '', feed[2] or '0', feed[3] or '0'

local function position(number)
  return run .. ' ' .. began .. ' ' .. number
end

if ARGV[1] == '' then return { position(last), 0 } end

local of_run, of_began, after = string.match(ARGV[1], '^(%w+) (%w*) (%d+)$')
if of_run ~= run or (of_began ~= began and of_began ~= '') then return {} end
if tonumber(after) < tonumber(forgot) or tonumber(after) > tonumber(last) then return {} end

local limit = tonumber(ARGV[2])
local found = redis.call('ZRANGEBYSCORE', CHANGED, '(' .. after, '+inf', 'LIMIT', 0, limit)
if #found == limit then last = string.format('%.0f', redis.call('ZSCORE', CHANGED, found[limit])) end
return { position(last), #found == limit and 1 or 0, unpack(found) }
