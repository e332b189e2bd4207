"""What Valkey does in one step: each script is all of it or nothing, and may be sent again.

A connection that breaks leaves it open whether a script was run, and the client then sends it once
more. So an append carries a mark of its own, by which the second one finds what the first has done.

The version of an account is ``BORN-NUMBER-MARK`` of its last entry: the microsecond in which its
log began, so that one which begins anew gets no version twice; the count of its entries; and the
append's mark, so that nobody takes an entry for another one of the same number which a server that
was killed has lost.
"""

# KEYS: version, log, then (outside a cluster, where all keys are at one node) when each account
# began and when those of news last changed, and the owners' hashes, one for each name. ARGV: the
# expected version or "", the number of the new entry, its body, its mark, the account, 1 if it is
# of news from now on, the names. Gives the new entry's id; False where somebody was faster; or the
# name that is taken, after "taken:".
APPEND = """
local known = redis.call('GET', KEYS[1])
if (known or '') ~= ARGV[1] then
  if known then
    local after = ARGV[1] == '' and '-' or '(' .. string.match(ARGV[1], '^%d+-%d+')
    for _, entry in ipairs(redis.call('XRANGE', KEYS[2], after, '+', 'COUNT', 64)) do
      if entry[2][3] == 'm' and entry[2][4] == ARGV[4] then return entry[1] end
    end
  end
  return false
end
for place = 5, #KEYS do
  local owner = redis.call('HGET', KEYS[place], ARGV[place + 2])
  if owner and owner ~= ARGV[5] then return 'taken:' .. ARGV[place + 2] end
end
local now = redis.call('TIME')
local born = known and string.match(known, '^%d+') or now[1] .. string.format('%06d', now[2])
local id = born .. '-' .. ARGV[2]
redis.call('XADD', KEYS[2], id, 'e', ARGV[3], 'm', ARGV[4])
redis.call('SET', KEYS[1], id .. '-' .. ARGV[4])
if KEYS[3] then
  redis.call('ZADD', KEYS[3], 'NX', born, ARGV[5])
  if ARGV[6] == '1' or redis.call('ZSCORE', KEYS[4], ARGV[5]) then
    redis.call('ZADD', KEYS[4], now[1] .. string.format('%06d', now[2]), ARGV[5])
  end
end
for place = 5, #KEYS do redis.call('HSET', KEYS[place], ARGV[place + 2], ARGV[5]) end
return id
"""

# KEYS: version, log, snapshot. ARGV: the version that the snapshot has, the first entry to keep,
# the snapshot. One of a life that is over, or older than the one that is there, is not taken; nor
# one of an entry that a server which was killed has lost, since what came after is not of it.
SNAPSHOT = """
local born, number, mark = string.match(ARGV[1], '^(%d+)-(%d+)-(.*)')
local known = redis.call('GET', KEYS[1])
if not known or string.match(known, '^%d+') ~= born then return false end
local old = redis.call('HGET', KEYS[3], 'version')
if old and tonumber(string.match(old, '^%d+-(%d+)')) >= tonumber(number) then return false end
local id = born .. '-' .. number
local entry = redis.call('XRANGE', KEYS[2], id, id)[1]
if not entry or entry[2][4] ~= mark then return false end
redis.call('HSET', KEYS[3], 'version', ARGV[1], 'state', ARGV[3])
redis.call('XTRIM', KEYS[2], 'MINID', ARGV[2])
return ARGV[1]
"""

# KEYS: the index of blobs, their sizes, the blob, all of one hash tag. ARGV: the digest, the bytes,
# how long they are kept (s), the most bytes of all together, and what the keys of blobs begin with.
BLOB = """
local now = tonumber(redis.call('TIME')[1])
redis.call('SET', KEYS[3], ARGV[2], 'EX', ARGV[3])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], #ARGV[2])
local function drop(digest)
  redis.call('DEL', ARGV[5] .. digest)
  redis.call('ZREM', KEYS[1], digest)
  redis.call('HDEL', KEYS[2], digest)
end
for _, digest in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])) do
  drop(digest)
end
local held = 0
for _, size in ipairs(redis.call('HVALS', KEYS[2])) do held = held + size end
while held > tonumber(ARGV[4]) do
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
  if oldest == ARGV[1] then break end
  held = held - redis.call('HGET', KEYS[2], oldest)
  drop(oldest)
end
return held
"""

# KEYS: anything. Gives the server's time, and what is at the keys.
VALUES = """
local found = {}
for place, key in ipairs(KEYS) do found[place] = redis.call('GET', key) end
return {redis.call('TIME'), found}
"""

# KEYS: the lease. ARGV: who wants it, for how many milliseconds.
CLAIM = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
if tonumber(ARGV[2]) > 0 then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
else redis.call('DEL', KEYS[1]) end
return 1
"""

# KEYS: when each account began, and when those of news last changed. ARGV: an account, and 1 if it
# is of news from now on. Beside an append, where that is at another node.
NOTE = """
local now = redis.call('TIME')
local micros = now[1] .. string.format('%06d', now[2])
redis.call('ZADD', KEYS[1], 'NX', micros, ARGV[1])
if ARGV[2] == '1' or redis.call('ZSCORE', KEYS[2], ARGV[1]) then
  redis.call('ZADD', KEYS[2], micros, ARGV[1])
end
return micros
"""

# KEYS: when the accounts of news last changed. ARGV: a moment. Gives this moment, and what changed
# since.
NEWS = """
local now = redis.call('TIME')
local found = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], '+inf')
return {now[1] .. string.format('%06d', now[2]), found}
"""

# KEYS: when the accounts of news last changed. ARGV: an account, and when that was as it was told.
REST = """
local found = redis.call('ZSCORE', KEYS[1], ARGV[1])
if found and tonumber(found) == tonumber(ARGV[2]) then redis.call('ZREM', KEYS[1], ARGV[1]) end
return 1
"""
