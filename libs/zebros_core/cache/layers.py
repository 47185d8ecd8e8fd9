"""Layers: how long what kind of response may be kept. The names are the caller's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from zebros_core.cache.port import CacheEntry, CacheKey, EntityKey, Written


@dataclass(frozen=True, slots=True)
class Layer:
    """Times of one layer, in seconds.

    - `ttl_seconds`: an entry is fresh that long.
    - `stale_seconds`: after that, how long it may still be shown to others while one caller reads it anew
      (never after a write: a written record's older entry is gone at once).
    - `missing_seconds`: how long "there is no such record" is believed.
    - `max_body_bytes`: a larger response is not kept.
    """

    ttl_seconds: float
    stale_seconds: float = 0.0
    missing_seconds: float = 5.0
    max_body_bytes: int = 262_144

    def __post_init__(self) -> None:
        if self.ttl_seconds <= 0 or self.stale_seconds < 0 or self.missing_seconds < 0:
            raise ValueError("ttl_seconds must be positive, stale_seconds and missing_seconds not negative")


@dataclass(frozen=True, slots=True)
class CacheTimes:
    """Times that are not a layer's.

    - `floor_seconds`: how long the floor of a written record is remembered. It has to outlive the slowest
      reader (a few seconds) and should outlive the slowest event of a normal day; `Written.committed_at`
      covers the abnormal ones.
    - `generation_seconds`: how long a list's generation is remembered after it was last raised; forgetting
      one costs a miss.
    - `lock_seconds`: how long one caller may take to fill.
    - `waits_seconds`: the pauses of a caller that waits for another's fill.
    """

    floor_seconds: float = 900.0
    generation_seconds: float = 86_400.0
    lock_seconds: float = 2.0
    waits_seconds: tuple[float, ...] = (0.005, 0.01, 0.015, 0.02)


def layer_of(layers: Mapping[str, Layer], key: CacheKey) -> Layer | None:
    """The layer that a key belongs to, by the part of its name before a `/`; None when it is not to be
    cached.
    """
    name = key.entity if isinstance(key, EntityKey) else key.list_name
    return layer_named(layers, name)


def layer_named(layers: Mapping[str, Layer], name: str) -> Layer | None:
    return layers.get(name) or layers.get(name.partition("/")[0])


def times_of(layer: Layer, entry: CacheEntry) -> tuple[float, float]:
    """(fresh, stale) seconds of an entry: a missing record is believed shortly and never shown stale."""
    if entry.missing:
        return layer.missing_seconds, 0.0
    return layer.ttl_seconds, layer.stale_seconds


def storable(write: Written, layer: Layer, times: CacheTimes, now: datetime) -> CacheEntry | None:
    """The entry of a write that may be stored, or None to raise the floor only.

    Older than the floor's memory: versions above it may have come and been forgotten, so a late event must
    not plant it.
    """
    entry = write.entry
    if entry is None or len(entry.body) > layer.max_body_bytes:
        return None
    if write.committed_at is not None and now - write.committed_at >= timedelta(seconds=times.floor_seconds):
        return None
    return entry
