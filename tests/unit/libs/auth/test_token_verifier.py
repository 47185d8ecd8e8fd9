"""What makes a token good, and that nothing else does."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proof import examples

from zebros_core.auth import TokenVerifier, bearer_token
from zebros_core.auth.jws import JwsError, parse_header, verified_payload
from zebros_core.errors import UnauthenticatedError


def segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_persons_token_yields_who_they_are(issuer, verifier):
    claims = verifier.verify(issuer.token())

    assert claims.subject == "7d3f5a52-user"
    assert claims.tenant_id == "aurora"
    assert claims.team_id == "north"
    assert claims.roles == {"editor", "offline_access"}
    assert claims.scopes == {"openid", "profile"}
    assert claims.client_id == "zebros-web"


def test_a_service_accounts_token_needs_no_team(issuer, verifier):
    claims = verifier.verify(
        issuer.token(sub="service-account-erp", team=None, azp="borealis-erp", tenant_id="borealis", typ=None)
    )

    assert (claims.tenant_id, claims.team_id, claims.client_id) == ("borealis", None, "borealis-erp")


def test_a_token_without_a_tenant_is_somebodys_of_the_platform(issuer, verifier):
    assert verifier.verify(issuer.token(tenant_id=None)).tenant_id is None


def test_the_header_type_of_rfc_9068_is_taken(issuer, verifier):
    assert verifier.verify(issuer.token(headers={"typ": "at+jwt"})).tenant_id == "aurora"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"iss": "https://id.example/realms/other"}, "another issuer"),
        ({"iss": None}, "another issuer"),
        ({"aud": "account"}, "another audience"),
        ({"aud": ["zebros-api-2"]}, "another audience"),
        ({"aud": None}, "another audience"),
        ({"exp": 1}, "expired"),
        ({"exp": None}, "expired"),
        ({"exp": "tomorrow"}, "claim exp is not a time"),
        ({"exp": float("nan")}, "claim exp is not a time"),
        ({"exp": True}, "claim exp is not a time"),
        ({"nbf": 4_000_000_000}, "not valid yet"),
        ({"typ": "ID"}, "not an access token"),
        ({"typ": "Refresh"}, "not an access token"),
        ({"tenant_id": ""}, "no claim tenant_id"),
        ({"tenant_id": ["aurora", "borealis"]}, "no claim tenant_id"),
        ({"tenant_id": "aurora#borealis"}, "no claim tenant_id"),
        ({"tenant_id": "Aurora"}, "no claim tenant_id"),
        ({"sub": ""}, "claim sub"),
        ({"sub": "user#2"}, "claim sub"),
        ({"sub": "user\n2"}, "claim sub"),
    ],
)
def test_a_wrong_claim_is_refused_by_name(issuer, verifier, changes, complaint):
    claims = issuer.claims(**changes)
    signed = f"{segment({'alg': 'RS256', 'kid': 'first'})}.{segment(claims)}"
    # Signed by hand, since PyJWT itself refuses to encode some of these.
    signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(
        signed.encode(), issuer.keys["first"]
    )
    token = f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    with pytest.raises(UnauthenticatedError, match=complaint):
        verifier.verify(token)


def test_clocks_may_differ_by_half_a_minute_and_no_more(issuer, verifier, clock):
    token = issuer.token(exp=int(clock.now().timestamp()) - 29)

    assert verifier.verify(token).tenant_id == "aurora"
    clock.advance(seconds=1)
    with pytest.raises(UnauthenticatedError, match="expired"):
        verifier.verify(token)


def test_a_key_of_the_issuer_does_not_vouch_for_another_keys_token(issuer, verifier):
    forged = jwt.encode(issuer.claims(), issuer.keys["second"], algorithm="RS256", headers={"kid": "first"})

    with pytest.raises(UnauthenticatedError, match="signature"):
        verifier.verify(forged)


def test_a_changed_tenant_breaks_the_signature(issuer, verifier):
    head, _, signature = issuer.token().split(".")
    forged = f"{head}.{segment(issuer.claims(tenant_id='borealis'))}.{signature}"

    with pytest.raises(UnauthenticatedError, match="signature"):
        verifier.verify(forged)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS384", "PS256", "ES256", None])
def test_any_other_algorithm_is_refused(issuer, verifier, algorithm):
    _, payload, signature = issuer.token().split(".")

    with pytest.raises(UnauthenticatedError, match="not signed with RS256"):
        verifier.verify(f"{segment({'alg': algorithm, 'kid': 'first'})}.{payload}.{signature}")


@pytest.mark.parametrize(
    "header", [{"crit": ["exp"]}, {"b64": False}, {"typ": "dpop+jwt"}, {"kid": None}, {"kid": 7}]
)
def test_a_header_that_asks_for_something_else_is_refused(issuer, verifier, header):
    _, payload, signature = issuer.token().split(".")
    with pytest.raises(UnauthenticatedError):
        verifier.verify(f"{segment({'alg': 'RS256', 'kid': 'first', **header})}.{payload}.{signature}")


@pytest.mark.parametrize(
    "token", ["", "a", "a.b", "a.b.c", "..", "a.b.c.d", "é.é.é", "e30.e30.e30", "x" * 9000]
)
def test_what_is_no_token_is_refused(verifier, token):
    with pytest.raises(UnauthenticatedError):
        verifier.verify(token)


def test_another_spelling_of_the_same_signature_is_refused(issuer, verifier):
    token = issuer.token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # 256 bytes leave the low four bits of the last character unused.
    last = alphabet[alphabet.index(token[-1]) ^ 1]
    with pytest.raises(UnauthenticatedError):
        verifier.verify(token[:-1] + last)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(60), deadline=None
)
@given(data=st.data())
def test_our_verdict_on_a_signature_is_pyjwts(issuer, data):
    """One character of a good token is changed anywhere: both accept it or both refuse it."""
    token = issuer.token()
    at = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.sampled_from("ABCxyz019-_.=+/ "))
    changed = token[:at] + character + token[at + 1 :]
    key = issuer.keys["first"].public_key()

    try:
        theirs: Any = jwt.PyJWS().decode(changed, key, algorithms=["RS256"])
    except jwt.PyJWTError:
        theirs = None
    try:
        parse_header(changed)
        ours: Any = verified_payload(changed, key)
    except JwsError:
        ours = None

    assert ours == (json.loads(theirs) if theirs is not None else None)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "abc"])
def test_a_header_without_a_bearer_token_is_told_apart_from_a_bad_one(header):
    with pytest.raises(UnauthenticatedError) as caught:
        bearer_token(header)
    assert [(f.field, f.code) for f in caught.value.fields] == [("Authorization", "missing")]


def test_the_scheme_is_case_insensitive():
    assert bearer_token("bearer  abc ") == "abc"


def test_the_token_is_never_quoted_in_an_error(issuer, verifier: TokenVerifier):
    token = issuer.token(exp=1)
    with pytest.raises(UnauthenticatedError) as caught:
        verifier.verify(token)
    assert not any(part in str(caught.value) for part in token.split("."))
