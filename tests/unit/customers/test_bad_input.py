"""What bad input gets: a clear refusal that names the field, and never a defect of ours."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jwt
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa
from service_in_process import SIGNING_KEY

from zebros_core.auth.jwks import JwksClient, JwksError
from zebros_core.auth.verifier import TokenVerifier
from zebros_core.cache import create_cache
from zebros_customers.handlers.routes import ROUTES
from zebros_customers.settings import LAYERS

UNREACHABLE_REDIS = "redis://127.0.0.1:9/0"
ID = "01JC8Z4T5V6W7X8Y9ZABCDEFGH"
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def with_token(admin: Any, token: str | None) -> Any:
    headers = {"authorization": "" if token is None else f"Bearer {token}"}
    return admin.call("GET", "/v1/customers", headers=headers)


def claims_of(admin: Any, **changes: Any) -> dict[str, Any]:
    claims = jwt.decode(admin.token(), options={"verify_signature": False, "verify_exp": False}) | changes
    return {name: value for name, value in claims.items() if value is not None}


def signed(admin: Any, **changes: Any) -> str:
    """Return a token by the issuer's own key; a claim of None is left out."""
    return jwt.encode(claims_of(admin, **changes), SIGNING_KEY, algorithm="RS256", headers={"kid": "k1"})


def is_unauthenticated(answer: Any) -> bool:
    return (
        answer.status == 401
        and answer.headers["www-authenticate"].startswith("Bearer")
        and answer.headers["content-type"] == "application/problem+json"
    )


def test_a_request_without_a_token_is_unauthenticated(admin: Any) -> None:
    for token in (None, "", "not.a.token", "a"):
        assert is_unauthenticated(with_token(admin, token))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"exp": None},
        {"nbf": 99_999_999_999},
        {"iss": "https://elsewhere.test/realms/zebros"},
        {"iss": None},
        {"aud": "another-api"},
        {"aud": None},
        {"sub": None},
        {"tenant_id": None},
        {"tenant_id": ""},
        {"tenant_id": ["a", "b"]},
        {"tenant_id": "nobody-knows-it"},
    ],
    ids=str,
)
def test_a_token_of_wrong_or_missing_claims_is_unauthenticated(admin: Any, changes: dict[str, Any]) -> None:
    assert with_token(admin, signed(admin)).status == 200
    answer = with_token(admin, signed(admin, **changes))
    if changes.get("tenant_id") == "nobody-knows-it":
        assert answer.status in {401, 403}, answer.text
    else:
        assert is_unauthenticated(answer), answer.text


def test_a_token_of_another_key_is_unauthenticated(admin: Any) -> None:
    token = jwt.encode(claims_of(admin), OTHER_KEY, algorithm="RS256", headers={"kid": "k1"})
    assert is_unauthenticated(with_token(admin, token))


@pytest.mark.parametrize("algorithm", ["HS256", "none"])
def test_a_token_of_another_algorithm_is_unauthenticated(admin: Any, algorithm: str) -> None:
    key = None if algorithm == "none" else "a shared secret that is as long as needed"
    token = jwt.encode(claims_of(admin), key, algorithm=algorithm, headers={"kid": "k1"})
    assert is_unauthenticated(with_token(admin, token))


def test_a_token_whose_claims_were_changed_is_unauthenticated(admin: Any) -> None:
    header, _, signature = admin.token().split(".")
    changed = jwt.encode(claims_of(admin, tenant_id="borealis"), OTHER_KEY, algorithm="RS256").split(".")[1]
    assert is_unauthenticated(with_token(admin, f"{header}.{changed}.{signature}"))


@pytest.mark.parametrize(
    "path",
    [
        "/v1/customers/%23",
        f"/v1/customers/{ID}#",
        "/v1/customers/a\x00b",
        "/v1/customers/%ff",
        f"/v1/contacts/{ID[:-1]}\n",
        "/v1/customers/by-external-id/a\x01b",
    ],
)
def test_hashes_and_control_characters_in_ids_are_refused(admin: Any, path: str) -> None:
    answer = admin.get(path)
    assert answer.status == 400, answer.text
    assert answer.body["errors"][0]["field"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "1e3"}, "limit"),
        ({"limit": ""}, "limit"),
        ({"cursor": "made-up"}, "cursor"),
        ({"cursor": "x" * 5000}, "cursor"),
        ({"unknown": "1"}, "unknown"),
        ({"sort": "tier"}, "sort"),
        ({"owner": ""}, "owner"),
    ],
)
def test_wrong_queries_are_refused_by_name(admin: Any, query: dict[str, str], field: str) -> None:
    answer = admin.get("/v1/customers", **query)
    assert answer.status == 400, answer.text
    assert [fault["field"] for fault in answer.body["errors"]] == [field]


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "",
        '{"companyName": NaN}',
        '{"companyName": "A", "custom": {"size": Infinity}}',
        '{"companyName": "A", "companyName": "B"}',
        '{"companyName": "\ud800"}',
        "[" * 10_000,
    ],
)
def test_what_is_not_json_is_malformed(admin: Any, body: str) -> None:
    assert admin.post("/v1/customers", body).status == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "/companyName"),
        ({"companyName": ""}, "/companyName"),
        ({"companyName": "A\x00"}, "/companyName"),
        ({"companyName": 5}, "/companyName"),
        ({"companyName": "x" * 201}, "/companyName"),
        ({"companyName": "A", "unknown": 1}, "/unknown"),
        ({"companyName": "A", "tenantId": "borealis"}, "/tenantId"),
        ({"companyName": "A", "industry": "a#b"}, "/industry"),
        ({"companyName": "A", "externalId": "a#b"}, "/externalId"),
        ({"companyName": "A", "contactInfo": {"email": "nobody"}}, "/contactInfo/email"),
        ({"companyName": "A", "contactInfo": {"fax": "1"}}, "/contactInfo/fax"),
    ],
)
def test_values_against_the_rules_are_refused_by_pointer(admin: Any, body: Any, field: str) -> None:
    answer = admin.post("/v1/customers", body)
    assert answer.status == 422, answer.text
    assert field in [fault["field"] for fault in answer.body["errors"]]


@pytest.mark.parametrize("number", ["1e400", "12345678901234567890", "0.1234567890123456789", "1" * 5000])
def test_huge_numbers_are_refused(admin: Any, number: str) -> None:
    admin.post("/v1/fields", {"entity": "customer", "name": "size", "type": "number"})
    answer = admin.post("/v1/customers", f'{{"companyName": "A", "custom": {{"size": {number}}}}}')
    assert answer.status in {400, 422}, answer.text


def test_a_body_above_one_mebibyte_is_too_large(admin: Any) -> None:
    answer = admin.post("/v1/customers", {"companyName": "x" * 1_048_577})
    assert answer.status == 413, answer.text


def test_a_body_of_another_media_type_is_refused(admin: Any) -> None:
    headers = {"content-type": "text/plain"}
    assert admin.call("POST", "/v1/customers", {"companyName": "A"}, headers=headers).status == 415


def test_a_malformed_if_match_or_idempotency_key_is_refused_by_name(admin: Any) -> None:
    created = admin.post("/v1/customers", {"companyName": "A"})
    path = created.headers["location"]
    for headers, field in (({"If-Match": "3"}, "If-Match"), ({"If-Match": "\x00"}, "If-Match")):
        answer = admin.call("PATCH", path, {"tier": "gold"}, headers=headers)
        assert (answer.status, answer.body["errors"][0]["field"]) == (400, field)
    answer = admin.call("POST", "/v1/customers", {"companyName": "B"}, headers={"Idempotency-Key": "a b#"})
    assert (answer.status, answer.body["errors"][0]["field"]) == (400, "Idempotency-Key")
    assert admin.put(path, {"companyName": "B"}).status == 428


def test_throttling_is_retried_and_then_unavailable_with_a_time_to_come_back(
    admin: Any, container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = admin.post("/v1/contacts", {"lastName": "Doe"}).headers["location"]
    made: list[str] = []

    def throttled(**request: Any) -> Any:
        made.append(request["TableName"])
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "Query")

    monkeypatch.setattr(container.calls, "_sleep", lambda _: None)
    monkeypatch.setattr(container.calls, "_budget_seconds", 0.2, raising=False)
    monkeypatch.setattr(container.dynamodb, "query", throttled)
    answer = admin.get(customer)
    assert answer.status == 503, answer.text
    assert int(answer.headers["retry-after"]) >= 1
    assert len(made) > 1, "retried before giving up"


def test_everything_works_while_redis_is_down(
    admin: Any, container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(vars(container), "cache", create_cache(UNREACHABLE_REDIS, LAYERS, container.clock))
    caller = replace(admin, app=container.http_app(ROUTES))
    path = caller.post("/v1/customers", {"companyName": "A"}).headers["location"]
    assert caller.get(path).status == caller.get(path).status == 200
    assert caller.patch(path, {"tier": "gold"}).body["tier"] == caller.get(path).body["tier"] == "gold"
    assert len(caller.get("/v1/customers").body["items"]) == 1
    assert caller.delete(path).status == 204
    assert caller.get(path).status == 404


def test_tokens_of_known_keys_go_on_working_while_the_issuer_is_down(
    admin: Any, container: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = SIGNING_KEY.public_key()
    key = {
        **jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True),
        "kid": "k1",
        "use": "sig",
        "alg": "RS256",
    }
    answers = [json.dumps({"keys": [key]}).encode()]

    def fetch() -> bytes:
        if not answers:
            raise JwksError("the issuer does not answer")
        return answers.pop()

    core = container.settings.core
    verifier = TokenVerifier(
        JwksClient(fetch, clock), clock, issuer=core.oidc_issuer, audience=core.oidc_audience
    )
    monkeypatch.setitem(vars(container), "verifier", verifier)
    caller = replace(admin, app=container.http_app(ROUTES))
    assert caller.get("/v1/customers").status == 200
    clock.advance(seconds=2 * 3600)
    assert not answers
    assert caller.get("/v1/customers").status == 200, "by the last known good keys"
