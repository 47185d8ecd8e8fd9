"""Parts of the common library against what they replace."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import jwt
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from benchmarks.measuring import Timed, medians
from benchmarks.rows import Row
from benchmarks.world import ISSUER, SigningKey
from zebros_core.auth.jwks import JwksClient
from zebros_core.auth.verifier import TokenVerifier
from zebros_core.clock import SystemClock
from zebros_core.dynamodb.codec import decode, encode
from zebros_core.dynamodb.cursor import CursorBinding, CursorCodec

ROUNDS = 60
_REPEATS = 50
_ITEM: dict[str, Any] = {
    **{f"text{n}": f"some text of a usual length {n}" for n in range(12)},
    "version": 17,
    "amount": Decimal("1234.56"),
    "active": True,
    "none": None,
    "tags": {"alpha", "beta"},
    "fieldVersions": {"cn": 3, "ti": 5},
    "address": {"city": "Utrecht", "country": "Netherlands", "lines": ["one", "two"]},
    "tenantId": "aurora",
}
_SECRET = "a key of the benchmarks, of 32 bytes"  # noqa: S105


def rows() -> list[Row]:
    """Return the rows of codec, cursor and token verification."""
    serializer, deserializer = TypeSerializer(), TypeDeserializer()
    wire = encode(_ITEM)
    signing = SigningKey()
    token = signing.token("aurora")
    keys = JwksClient(signing.jwks, SystemClock())
    verifier = TokenVerifier(keys, SystemClock(), issuer=ISSUER, audience="zebros-api")
    cursors = CursorCodec(b"a key of the benchmarks only")
    public = keys.key("bench")
    position = {"position": [["2026-01-01T08:00:00Z", "01K"]]}
    binding = CursorBinding("aurora", "widgets", {"owner": "usr-1001"}, "all")
    ways = {
        "encode": lambda: encode(_ITEM),
        "boto3 encode": lambda: {name: serializer.serialize(value) for name, value in _ITEM.items()},
        "decode": lambda: decode(wire),
        "boto3 decode": lambda: {name: deserializer.deserialize(value) for name, value in wire.items()},
        "verify": lambda: verifier.verify(token),
        "PyJWT verify": lambda: jwt.decode(
            token, public, algorithms=["RS256"], audience="zebros-api", issuer=ISSUER
        ),
        "PyJWT sign": lambda: jwt.decode(jwt.encode(position, _SECRET), _SECRET, algorithms=["HS256"]),
        "cursor": lambda: cursors.decode(cursors.encode([["2026-01-01T08:00:00Z", "01K"]], binding), binding),
    }
    seconds = medians({name: Timed(_repeated(way)) for name, way in ways.items()}, rounds=ROUNDS, warm_up=5)
    each = {name: total / _REPEATS * 1000 for name, total in seconds.items()}
    return [
        Row("encode an item of 20 fields", each["encode"], each["boto3 encode"], "ms", 0.8, "boto3's types"),
        Row("decode an item of 20 fields", each["decode"], each["boto3 decode"], "ms", 0.8, "boto3's types"),
        Row("verify an RS256 token", each["verify"], each["PyJWT verify"], "ms", 1.0, "PyJWT"),
        Row(
            "sign a cursor and read it back",
            each["cursor"],
            each["PyJWT sign"],
            "ms",
            1.0,
            "PyJWT with HS256",
        ),
    ]


def _repeated(run: Callable[[], object]) -> Callable[[], None]:
    def repeat() -> None:
        for _ in range(_REPEATS):
            run()

    return repeat
