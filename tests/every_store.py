"""Everything that a deployed stack keeps, searched for a text: tables, every version of every object, the cache."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import redis
from deployed_stack import Deployment


def places_of(deployment: Deployment, needles: Iterable[str]) -> list[str]:
    """Return where any of these texts is; what is packed is unpacked, what is encrypted cannot be read by anybody."""
    wanted = [needle.casefold().encode() for needle in needles]
    found = [
        place
        for place, content in _everything(deployment)
        if any(needle in content.lower() for needle in wanted)
    ]
    return sorted(set(found))


def _everything(deployment: Deployment) -> Iterator[tuple[str, bytes]]:
    yield from _tables(deployment.aws("dynamodb"))
    yield from _objects(deployment.aws("s3"))
    yield from _cache(deployment.state.redis_url)


def _tables(client: Any) -> Iterator[tuple[str, bytes]]:
    for page in client.get_paginator("list_tables").paginate():
        for table in page["TableNames"]:
            for items in client.get_paginator("scan").paginate(TableName=table):
                for item in items["Items"]:
                    yield f"table {table}: {str(item)[:200]}", str(item).encode()


def _objects(client: Any) -> Iterator[tuple[str, bytes]]:
    for bucket in client.list_buckets()["Buckets"]:
        name = bucket["Name"]
        for page in client.get_paginator("list_object_versions").paginate(Bucket=name):
            for version in page.get("Versions", ()):
                answer = client.get_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
                for content in _unpacked(answer["Body"].read()):
                    yield f"object {name}/{version['Key']}", content


def _unpacked(content: bytes) -> Iterator[bytes]:
    yield content
    if content.startswith(b"\x1f\x8b"):
        yield gzip.decompress(content)
    elif content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist():
                yield packed.read(name)


def _cache(url: str) -> Iterator[tuple[str, bytes]]:
    with redis.Redis.from_url(url) as cache:
        for key in cache.scan_iter(count=1000):
            kind = cache.type(key)
            value = {
                b"string": lambda key=key: cache.get(key),
                b"hash": lambda key=key: str(cache.hgetall(key)).encode(),
                b"set": lambda key=key: str(cache.smembers(key)).encode(),
                b"zset": lambda key=key: str(cache.zrange(key, 0, -1)).encode(),
                b"list": lambda key=key: str(cache.lrange(key, 0, -1)).encode(),
            }[kind]()
            yield f"cache {key!r}", key + b" " + (value or b"")
