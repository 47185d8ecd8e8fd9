"""The Lua of the cache: a script is one round trip, and nothing happens between its steps.

Fields of an entry's hash (instants in microseconds of the server's clock):

    x  fresh until          b  body                 f  floor: the highest version known to be written
    s  stale until          v  version, '' if none  l  token of the caller who may fill, '' if none
    g  generation (lists)   o  owner, t team        u  until when that token holds
    m  '1' if missing                               h  generation when the token was given (lists)

Nothing is deleted: what is no longer valid is blanked, below a floor or in an older generation, and then
expires. Every answer starts with the nonce of its question, so that an answer to an earlier one can never be
taken for it.
"""

from __future__ import annotations

from hashlib import sha1
from typing import Final


class Script:
    """A Lua script with the digest that EVALSHA calls it by."""

    __slots__ = ("digest", "name", "source")

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.source = source
        self.digest = sha1(source.encode(), usedforsecurity=False).hexdigest()


_PRELUDE: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local function text(n) return string.format('%.0f', n) end
local function keep(key, ms)
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, text(ms)) end
end
"""

ENTER: Final = Script(
    "enter",
    _PRELUDE
    + """
-- KEYS: [entry [, generation]] [, rate]    ARGV: nonce, kind 'e' | 'l' | 'n', lock ms, generation ms,
--       token interval in us (0: no limit), burst, cost
-- answer: nonce, allowed, remaining, retry after us, full in us, status, then
--         'H' body, version, owner, team, missing, stale | 'M' generation | 'W' wait | 'O' nothing asked
local nonce, kind = ARGV[1], ARGV[2]
local interval = tonumber(ARGV[5])
local remaining, full_in = 0, 0
if interval > 0 then
  -- The generic cell rate algorithm (ITU-T I.371): one instant, when the bucket will be full again, stands
  -- for its level and for the time it was last looked at.
  local key, burst, cost = KEYS[#KEYS], tonumber(ARGV[6]), tonumber(ARGV[7])
  local full_at = tonumber(redis.call('GET', key) or now)
  if full_at < now then full_at = now end
  local after = full_at + interval * cost
  local early = after - interval * burst - now
  if early > 0 then
    remaining = math.floor(burst - (full_at - now) / interval)
    return {nonce, 0, remaining, math.ceil(early), math.ceil(full_at - now), 'O'}
  end
  full_in = after - now
  redis.call('SET', key, text(after), 'PX', text(math.ceil(full_in / 1000)))
  remaining = math.floor(burst - full_in / interval)
  full_in = math.ceil(full_in)
end
if kind == 'n' then return {nonce, 1, remaining, 0, full_in, 'O'} end

local entry, generation = KEYS[1], ''
if kind == 'l' then
  generation = redis.call('GET', KEYS[2])
  if not generation then
    generation = text(now)
    redis.call('SET', KEYS[2], generation, 'PX', ARGV[4])
  end
end
local e = redis.call('HMGET', entry, 'x', 's', 'g', 'l', 'u', 'h', 'b', 'v', 'o', 't', 'm')
local valid = (e[3] or '') == generation
if valid and tonumber(e[1] or 0) > now then
  return {nonce, 1, remaining, 0, full_in, 'H', e[7], e[8], e[9], e[10], e[11], '0'}
end
-- A fill that began in an older generation helps nobody: don't wait for it.
if (e[4] or '') ~= '' and e[6] == generation and tonumber(e[5]) > now then
  if valid and tonumber(e[2] or 0) > now then
    return {nonce, 1, remaining, 0, full_in, 'H', e[7], e[8], e[9], e[10], e[11], '1'}
  end
  return {nonce, 1, remaining, 0, full_in, 'W'}
end
local lock_ms = tonumber(ARGV[3])
redis.call('HSET', entry, 'l', nonce, 'u', text(now + lock_ms * 1000), 'h', generation)
keep(entry, lock_ms)
return {nonce, 1, remaining, 0, full_in, 'M', generation}
""",
)

FILL: Final = Script(
    "fill",
    _PRELUDE
    + """
-- KEYS: entry [, generation]    ARGV: nonce, token, kind, generation, fresh ms, stale ms,
--       body, version, owner, team, missing
-- answer: nonce, 'S' stored | 'F' below the floor | 'G' other generation | 'L' lost lock
local entry, nonce, token = KEYS[1], ARGV[1], ARGV[2]
local e = redis.call('HMGET', entry, 'l', 'f')
local mine = e[1] == token
if ARGV[3] == 'l' then
  -- Generations never repeat, so an unchanged one proves that nothing was written, whoever holds the lock.
  if redis.call('GET', KEYS[2]) ~= ARGV[4] then
    if mine then redis.call('HSET', entry, 'l', '') end
    return {nonce, 'G'}
  end
else
  -- A write takes the token away, and so does the eviction of the key: without it nothing may be stored.
  if not mine then return {nonce, 'L'} end
  local floor, version = tonumber(e[2] or 0), tonumber(ARGV[8])
  if version then
    if version < floor then
      redis.call('HSET', entry, 'l', '')
      return {nonce, 'F'}
    end
    redis.call('HSET', entry, 'f', ARGV[8])
  end
end
local fresh, stale = tonumber(ARGV[5]), tonumber(ARGV[6])
redis.call('HSET', entry, 'x', text(now + fresh * 1000), 's', text(now + (fresh + stale) * 1000),
  'g', ARGV[4], 'b', ARGV[7], 'v', ARGV[8], 'o', ARGV[9], 't', ARGV[10], 'm', ARGV[11])
if mine then redis.call('HSET', entry, 'l', '') end
keep(entry, fresh + stale)
return {nonce, 'S'}
""",
)

ABANDON: Final = Script(
    "abandon",
    """
-- KEYS: entry    ARGV: nonce, token
if redis.call('HGET', KEYS[1], 'l') == ARGV[2] then redis.call('HSET', KEYS[1], 'l', '') end
return {ARGV[1], 'S'}
""",
)

WRITTEN: Final = Script(
    "written",
    _PRELUDE
    + """
-- KEYS: n entries, then generations    ARGV: nonce, n, floor ms, generation ms, then for each entry
--       version, has entry '1' | '0', fresh ms, stale ms, body, entry's version, owner, team, missing
local nonce, n, floor_ms = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
for i = 1, n do
  local entry, a = KEYS[i], 4 + (i - 1) * 9
  local version, has = tonumber(ARGV[a + 1]), ARGV[a + 2] == '1'
  local floor = tonumber(redis.call('HGET', entry, 'f') or 0)
  if version > floor then
    redis.call('HSET', entry, 'f', ARGV[a + 1], 'l', '', 'x', '0', 's', '0', 'b', '', 'g', '')
  end
  if version >= floor then
    local fresh, stale = tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4])
    if has then
      redis.call('HSET', entry, 'x', text(now + fresh * 1000), 's', text(now + (fresh + stale) * 1000),
        'g', '', 'b', ARGV[a + 5], 'v', ARGV[a + 6], 'o', ARGV[a + 7], 't', ARGV[a + 8], 'm', ARGV[a + 9])
    end
    keep(entry, math.max(floor_ms, fresh + stale))
  end
end
for i = n + 1, #KEYS do
  local last = tonumber(redis.call('GET', KEYS[i]) or 0)
  redis.call('SET', KEYS[i], text(math.max(last + 1, now)), 'PX', ARGV[4])
end
return {nonce, 'S'}
""",
)

DOCUMENT: Final = Script(
    "document",
    """
-- KEYS: document    ARGV: nonce
-- answer: nonce, the document or ''
return {ARGV[1], redis.call('GET', KEYS[1]) or ''}
""",
)

KEEP_DOCUMENT: Final = Script(
    "keep_document",
    """
-- KEYS: document    ARGV: nonce, document, ms
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return {ARGV[1], 'S'}
""",
)
