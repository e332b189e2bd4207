"""The journal in a Valkey server: one stream for all servers, and what it comes to in hashes.

All of it is under one hash tag, so each step is one script. Of a server that is asked no more the
exchanges go after a week.
"""

import os
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from simulator.store import Entry, Past
from simulator.store.valkey_server import Server

KEPT_S = 7 * 24 * 3600
PAGE = 1000
_encode = msgspec.msgpack.Encoder().encode

# KEYS: the stream, its sums, the labels, what the writer wrote last. ARGV: the most bytes, how long
# it is kept (s), and as MessagePack, of which the client has less work than of many arguments: of
# each exchange its account, size and the length of its body, and labels with their counts. Then all
# bodies, and how many writes of this writer this is, by which the same one is known when it comes
# again.
RECORD = """
if redis.call('GET', KEYS[4]) == ARGV[6] then return 0 end
redis.call('SET', KEYS[4], ARGV[6], 'EX', 3600)
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('HSET', KEYS[2], 'bytes', 0) end
local entries, labels = cmsgpack.unpack(ARGV[3]), cmsgpack.unpack(ARGV[4])
local held, last, at = 0, nil, 1
local number = redis.call('HINCRBY', KEYS[2], 'number', #entries) - #entries
for place, entry in ipairs(entries) do
  last, held = string.format('%.0f-0', number + place), held + entry[2]
  local body = string.sub(ARGV[5], at, at + entry[3] - 1)
  redis.call('XADD', KEYS[1], last, 'a', entry[1], 's', entry[2], 'b', body)
  at = at + entry[3]
end
held = redis.call('HINCRBY', KEYS[2], 'bytes', held)
for label, count in pairs(labels) do redis.call('HINCRBY', KEYS[3], label, count) end
local most, gone, first = tonumber(ARGV[1]), 0, nil
if held > most then
  local wanted = most - math.floor(most / 16)
  while held > wanted and first ~= last do
    for _, entry in ipairs(redis.call('XRANGE', KEYS[1], first or '-', '+', 'COUNT', 200)) do
      first = entry[1]
      if held <= wanted or first == last then break end
      held, gone = held - entry[2][4], gone + 1
      redis.call('XDEL', KEYS[1], first)
    end
  end
  redis.call('HSET', KEYS[2], 'bytes', held)
  redis.call('HINCRBY', KEYS[2], 'dropped', gone)
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return gone
"""

# KEYS: the stream, its sums. ARGV: the number after which to read, and how many.
READ = """
local sums = redis.call('HMGET', KEYS[2], 'era', 'dropped')
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
local found = {}
local entries = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])
for place, entry in ipairs(entries) do found[place] = {entry[1], entry[2][6]} end
return {sums[1] or '0', sums[2] or '0', first and first[1] or '0-0', found}
"""

# KEYS: the stream, its sums. ARGV: the ids of the exchanges to take out; without any, all of them.
ERASE = """
local gone = 0
if #ARGV == 0 then
  gone = redis.call('XLEN', KEYS[1])
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[2], 'bytes', 0)
end
for _, id in ipairs(ARGV) do
  local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
  if entry then
    redis.call('HINCRBY', KEYS[2], 'bytes', -entry[2][4])
    gone = gone + redis.call('XDEL', KEYS[1], id)
  end
end
redis.call('HINCRBY', KEYS[2], 'era', 1)
return gone
"""


class ValkeyRecords:
    """Exchanges by ascending numbers."""

    def __init__(self, server: Server) -> None:
        self._server = server
        at = f"{server.prefix}{{journal}}:"
        self._log, self._sums, self._labels = f"{at}log", f"{at}sums", f"{at}labels"
        self._mine, self._writes = f"{at}writer:{os.urandom(8).hex()}", 0

    async def record(self, entries: Sequence[Entry], most: int) -> None:
        """Write exchanges down, in one script."""
        labels = Counter(label for entry in entries for label in entry.labels)
        heads = _encode([(entry.account, entry.size, len(entry.body)) for entry in entries])
        bodies = b"".join([entry.body for entry in entries])
        self._writes += 1
        keys = [self._log, self._sums, self._labels, self._mine]
        values = [most, KEPT_S, heads, _encode(labels), bodies, self._writes]
        await self._server.write_down(RECORD, keys, values)

    async def recorded(self, after: int, limit: int) -> Past:
        keys = [self._log, self._sums]
        era, dropped, first, entries = await self._server.run(READ, keys, [after, limit])
        found = [(_number(entry), body) for entry, body in entries]
        return Past(int(era), _number(first), int(dropped), found)

    async def erase(self, account: str | None = None) -> int:
        """Take exchanges out, so that whoever has read them reads anew."""
        keys = [self._log, self._sums]
        if account is None:
            return int(await self._server.run(ERASE, keys, []))
        gone, start, wanted = 0, "-", account.encode()
        while entries := await self._server.call("XRANGE", self._log, start, "+", "COUNT", PAGE):
            start = f"({entries[-1][0].decode()}"
            mine = [entry for entry, fields in entries if fields[b"a"] == wanted]
            if mine:
                gone += int(await self._server.run(ERASE, keys, mine))
        return gone

    async def counted(self) -> Mapping[str, int]:
        found = await self._server.call("HGETALL", self._labels)
        return {label.decode(): int(count) for label, count in found.items()}


def _number(entry: bytes) -> int:
    return int(entry.partition(b"-")[0])
