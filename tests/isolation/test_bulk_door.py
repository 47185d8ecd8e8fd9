"""The bulk door: the tenant is the signed call's, and a call signed for anything else is refused."""

from __future__ import annotations

from typing import Any

import pytest
from estate import Estate
from port import MODELS, Model, Service

from zebros_core.auth.internal import InternalTokens
from zebros_core.clock import SystemClock
from zebros_core.tenancy import TenantContext

Estates = dict[Model, tuple[Estate, Estate]]

pytestmark = pytest.mark.isolation


def apply(token: str, **wish: Any) -> dict[str, Any]:
    return {"verb": "apply", "token": token, "mutations": [wish]}


@pytest.mark.parametrize("model", MODELS)
def test_mutations_of_another_tenants_records_look_as_if_there_were_none(
    service: Service, estates: Estates, model: Model
) -> None:
    theirs, mine = estates[model]
    before = theirs.picture()
    token = service.sign(mine.admin, model)
    wishes = {
        "update": {"changes": {"tier": "taken"}},
        "delete": {},
        "restore": {},
    }
    for operation, facts in wishes.items():
        id = theirs["deleted_customer" if operation == "restore" else "customer"]
        wish = {"mutationId": f"{theirs.mark}-{operation}", "entity": "customer", "operation": operation}
        answer = service.bulk(apply(token, **wish, id=id, **facts))
        outcome = answer["outcomes"][0]
        assert (outcome["outcome"], outcome["problem"]["status"]) == ("rejected", 404), answer
    assert theirs.picture() == before


def test_an_id_that_is_another_tenants_gets_a_generic_refusal(service: Service, estates: Estates) -> None:
    theirs, mine = estates["pool"]
    before = theirs.picture()
    wish = {"mutationId": f"{theirs.mark}-create", "entity": "customer", "operation": "create"}
    answer = service.bulk(
        apply(
            service.sign(mine.admin, "pool"), **wish, id=theirs["customer"], changes={"companyName": "Taken"}
        )
    )
    outcome = answer["outcomes"][0]
    assert (outcome["outcome"], outcome["problem"]["status"]) == ("rejected", 422), answer
    assert theirs.admin.tenant not in str(answer) and theirs.mark not in str(outcome["problem"])
    assert theirs.picture() == before


@pytest.mark.parametrize("model", MODELS)
def test_an_export_holds_the_callers_tenant_only(service: Service, estates: Estates, model: Model) -> None:
    theirs, mine = estates[model]
    for entity in ("customer", "contact", "document"):
        call = {"verb": "export", "token": service.sign(mine.admin, model), "entity": entity, "limit": 1000}
        answer = service.bulk(call)
        assert answer["items"], answer
        shown = str(answer)
        assert theirs.admin.tenant not in shown
        assert all(item["tenantId"] == mine.admin.tenant for item in answer["items"])


def test_a_cursor_of_another_tenants_export_is_refused(service: Service, estates: Estates) -> None:
    theirs, mine = estates["pool"]
    call = {"verb": "export", "entity": "customer", "limit": 1}
    cursor = service.bulk({**call, "token": service.sign(theirs.admin, "pool")})["nextCursor"]
    assert cursor
    answer = service.bulk({**call, "token": service.sign(mine.admin, "pool"), "cursor": cursor})
    assert answer["problem"]["status"] == 400


def test_calls_not_signed_for_this_door_are_refused(service: Service, estates: Estates) -> None:
    theirs, _ = estates["pool"]
    admin = theirs.admin
    foreign = InternalTokens(b"the key of another deployment, as long", SystemClock())
    context = TenantContext(admin.tenant, admin.user, roles=frozenset(admin.roles))
    tokens = {
        "another function": service.sign(admin, "pool", audience="zebros-sync-local-bulk"),
        "another key": foreign.sign(context, audience="zebros-customers-local-bulk"),
        "nothing": "",
        "no token": "aurora",
    }
    for what, token in tokens.items():
        answer = service.bulk({"verb": "export", "token": token, "entity": "customer"})
        assert answer.get("problem", {}).get("status") == 401, f"signed for {what}: {answer}"
