"""Certificates: what is signed, how anybody checks it, and what it does not say."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from callers import Person
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from jobs_in_process import carry_out
from kms_in_memory import KmsInMemory

from zebros_core.audit import InMemoryAuditTrail
from zebros_core.errors import UnavailableError
from zebros_jobs.adapters.signing import KmsSigner
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.certificates import canonical_json

JANE = "jane.roe@example.com"
Tenants = Callable[..., str]


@pytest.mark.parametrize(("kind", "algorithm"), [("ec", "ES256"), ("rsa", "PS256")])
def test_a_signature_is_checked_by_any_jose_library(kind: str, algorithm: str) -> None:
    signer = KmsSigner(lambda: KmsInMemory(kind), "alias/certificates")
    document = {"outcome": "done", "name": "Müller", "many": ["x" * 26] * 1000}
    signed = signer.sign(canonical_json(document))
    key = signer.public_key()
    assert jwt.decode(signed, key.pem, algorithms=[algorithm]) == document
    header = jwt.get_unverified_header(signed)
    assert header == {"alg": algorithm, "kid": key.key_id, "typ": "zebros-certificate+jws"}
    assert jwt.PyJWK.from_dict({**key.jwk, "alg": algorithm}).key == jwt.PyJWK.from_dict(dict(key.jwk)).key
    other = KmsSigner(lambda: KmsInMemory(kind), "alias/certificates")
    assert other.public_key().key_id != key.key_id
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(signed, other.public_key().pem, algorithms=[algorithm])


def test_the_name_of_a_key_is_its_thumbprint() -> None:
    # The example of RFC 7638, section 3.1, whose key is of RSA.
    from zebros_jobs.domain.certificates import PublicKey

    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhM"
        "stn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5h"
        "ajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    key = PublicKey("PS256", {"e": "AQAB", "kty": "RSA", "n": n}, "")
    assert key.key_id == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_a_key_that_cannot_be_used_is_trouble_that_passes() -> None:
    from botocore.exceptions import ClientError

    class Refusing:
        def get_public_key(self, **request: Any) -> Any:
            raise ClientError({"Error": {"Code": "DisabledException", "Message": ""}}, "GetPublicKey")

    with pytest.raises(UnavailableError):
        KmsSigner(Refusing, "alias/certificates").sign(b"{}")


def test_a_signature_that_is_wrong_is_not_handed_out() -> None:
    class Wrong(KmsInMemory):
        def sign(self, **request: Any) -> dict[str, Any]:
            return super().sign(**{**request, "Message": bytes(32)})

    with pytest.raises(UnavailableError):
        KmsSigner(Wrong, "alias/certificates").sign(b"{}")


def test_a_certificate_says_what_was_erased_and_no_value(
    container: Container,
    tenant: Tenants,
    add_jane: Callable[..., str],
    put_file: Callable[..., str],
    person: Callable[..., Person],
    ask: Callable[..., str],
    tmp_path: Path,
) -> None:
    here = tenant()
    contact = add_jane(here)
    put_file(here, "exports/job-2/list-of-jane-roe.csv", JANE.encode())
    put_file(here, "exports/job-2/part.csv", JANE.encode())
    job_id = ask(here, "erasure", contactId=contact)
    carry_out(container, here, job_id)
    answer = person(here).get(f"/v1/privacy-requests/{job_id}/certificate").body
    statement = jwt.decode(answer["signed"], answer["publicKey"], algorithms=["ES256"])
    assert statement == answer["certificate"]
    assert (statement["type"], statement["outcome"], statement["verified"]) == ("erasure", "done", True)
    assert (statement["tenantId"], statement["requestId"]) == (here, job_id)
    assert statement["subject"]["contactIds"] == [contact]
    assert {"service": "customers", "store": "contacts", "count": 1, "formerOnly": False} in statement[
        "erased"
    ]
    assert statement["files"] == {
        "total": 2,
        "items": [
            {"folder": "exports", "jobId": "job-2", "name": "[erased]"},
            {"folder": "exports", "jobId": "job-2", "name": "part.csv"},
        ],
    }
    ends = {each["store"]: each["until"] for each in statement["ending"]}
    assert ends["continuous backups"] == "2026-02-06"
    assert ends["queues and dead letters"] == "2026-01-16"
    assert ends["cold backups"] == "2033-01-02"
    # What is signed as it reads: in the letters of a signature or a key anybody's name may turn up.
    said = json.dumps({**answer, "signed": statement, "publicKey": None}).casefold()
    for value in (JANE, "jane", "roe"):
        assert value not in said
    # And with openssl, as the README says.
    header, payload, signature = answer["signed"].split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    numbers = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    (tmp_path / "signature").write_bytes(encode_dss_signature(*numbers))
    (tmp_path / "signed").write_text(f"{header}.{payload}")
    (tmp_path / "key.pem").write_text(answer["publicKey"])
    checked = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "signed"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stdout.strip() == "Verified OK"


def test_the_audit_log_has_each_step_of_a_request(
    container: Container,
    tenant: Tenants,
    add_jane: Callable[..., str],
    person: Callable[..., Person],
    ask: Callable[..., str],
) -> None:
    here = tenant()
    add_jane(here)
    trail = container.audit_trail
    assert isinstance(trail, InMemoryAuditTrail)
    trail.events.clear()
    job_id = ask(here, "erasure", email=JANE)
    carry_out(container, here, job_id)
    person(here).get(f"/v1/privacy-requests/{job_id}/certificate")
    person(here).get(f"/v1/jobs/{job_id}/files")
    entries = {event.key: event for event in trail.events}.values()
    assert [event.action for event in entries] == [
        "privacy.requested",
        "privacy.begun",
        "privacy.ended",
        "privacy.downloaded",
        "job.downloaded",
    ]
    assert {event.tenant_id for event in entries} == {here}
    assert {event.actor for event in entries} == {"user-1"}
    assert JANE not in str([event.to_wire() for event in entries])
    # Without a log to write it to, nothing is begun, and nothing downloaded.
    trail.out_of_reach = True
    try:
        assert person(here).get(f"/v1/privacy-requests/{job_id}/certificate").status == 503
    finally:
        trail.out_of_reach = False
