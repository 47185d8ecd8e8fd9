"""What devices pull and what our machinery asks of sync is the caller's tenant's, in every model of isolation."""

from __future__ import annotations

import re

import pytest
from estate import Estate
from port import MODELS, Call, Model, Service

from zebros_core.bulk.client import SYSTEM_SCOPE

Estates = dict[Model, tuple[Estate, Estate]]

pytestmark = pytest.mark.isolation


@pytest.mark.parametrize("model", MODELS)
def test_a_device_pulls_its_own_tenant_and_nothing_else(
    service: Service, estates: Estates, model: Model
) -> None:
    theirs, mine = estates[model]
    cursor: str | None = None
    pulled = ""
    kinds: set[str] = set()
    while True:
        answer = service.call(mine.admin, Call("POST", "/v1/sync/pull", {"cursor": cursor, "maxBytes": 4096}))
        assert answer.status == 200, answer.text
        page = answer.body
        kinds |= {change["entity"] for change in page["changes"]}
        pulled += answer.text
        cursor = page["cursor"]
        if not page["more"]:
            break
    assert kinds >= {"customer", "contact", "lead", "opportunity", "activity"}
    assert mine.mark in pulled
    seen = [secret for secret in theirs.secrets() if re.search(rf"\b{re.escape(secret)}\b", pulled)]
    assert not seen, f"pulled of another tenant: {seen}"


@pytest.mark.parametrize("model", MODELS)
def test_a_person_of_another_tenant_is_nobody_to_the_privacy_verbs(
    service: Service, estates: Estates, model: Model
) -> None:
    theirs, mine = estates[model]
    # One whom nobody has named in a push of its own.
    subject = {"leadIds": [theirs["lead"]]}
    token = service.sign("sync", mine.admin, model, scopes=frozenset({SYSTEM_SCOPE}))
    with theirs.untouched():
        told = service.bulk("sync", {"verb": "collect", "token": token, "subject": subject})
        assert told == {"items": [], "nextCursor": None}
        user = service.sign("sync", mine.admin, model)
        refused = service.bulk("sync", {"verb": "collect", "token": user, "subject": subject})
        assert refused["problem"]["status"] == 403
        call = {"verb": "erase", "token": token, "subject": subject, "requestId": f"r-{mine.number()}"}
        assert service.bulk("sync", call)["counts"] == {}


def test_a_call_that_is_not_signed_for_this_door_is_refused(service: Service, estates: Estates) -> None:
    theirs, _ = estates["pool"]
    for token in (service.sign("customers", theirs.admin, "pool"), "", "aurora"):
        answer = service.bulk("sync", {"verb": "schema", "token": token})
        assert answer["problem"]["status"] == 401, answer
