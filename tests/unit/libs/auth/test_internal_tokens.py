"""Signed contexts between functions."""

from __future__ import annotations

import jwt
import pytest

from zebros_core.auth.internal import InternalTokens
from zebros_core.errors import UnauthenticatedError
from zebros_core.tenancy import TenantContext

KEY = b"k" * 32
CONTEXT = TenantContext(
    tenant_id="aurora",
    user_id="u1",
    roles=frozenset({"admin"}),
    scopes=frozenset({"import"}),
    isolation="silo",
    team_id="north",
    index_shards=4,
    job_id="job-7",
)


@pytest.fixture
def tokens(clock) -> InternalTokens:
    return InternalTokens(KEY, clock)


def test_the_context_comes_back_whole(tokens):
    assert tokens.verify(tokens.sign(CONTEXT, audience="widgets-bulk"), audience="widgets-bulk") == CONTEXT


def test_a_token_is_for_one_function(tokens):
    with pytest.raises(UnauthenticatedError):
        tokens.verify(tokens.sign(CONTEXT, audience="widgets-bulk"), audience="gadgets-bulk")


def test_a_token_ends_after_five_minutes(tokens, clock):
    token = tokens.sign(CONTEXT, audience="widgets-bulk")
    clock.advance(seconds=299)
    assert tokens.verify(token, audience="widgets-bulk") == CONTEXT
    clock.advance(seconds=1)
    with pytest.raises(UnauthenticatedError, match="expired"):
        tokens.verify(token, audience="widgets-bulk")


def test_another_key_does_not_verify(tokens, clock):
    forged = InternalTokens(b"x" * 32, clock).sign(CONTEXT, audience="widgets-bulk")
    with pytest.raises(UnauthenticatedError):
        tokens.verify(forged, audience="widgets-bulk")


def test_a_jwt_of_another_kind_does_not_open_the_door(tokens, clock):
    now = int(clock.now().timestamp())
    other = jwt.encode(
        {"aud": "widgets-bulk", "sub": "u1", "iat": now, "exp": now + 60}, KEY, algorithm="HS256"
    )
    with pytest.raises(UnauthenticatedError, match="another kind"):
        tokens.verify(other, audience="widgets-bulk")


@pytest.mark.parametrize("token", ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_is_refused(tokens, token):
    with pytest.raises(UnauthenticatedError):
        tokens.verify(token, audience="widgets-bulk")


def test_a_short_key_is_refused(clock):
    with pytest.raises(ValueError, match="32 bytes"):
        InternalTokens(b"short", clock)
