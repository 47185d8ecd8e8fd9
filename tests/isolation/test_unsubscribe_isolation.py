"""The page without a sign-in: a link is good for one contact of the tenant that it was made for, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from estate import Estate
from in_process import InProcessService
from port import MODELS, Caller, Model

from zebros_activities.handlers.unsubscribe import respond

pytestmark = pytest.mark.isolation


def sent(service: InProcessService, token: str, method: str = "POST") -> Any:
    event = {"requestContext": {"http": {"method": method}}, "pathParameters": {"token": token}}
    return respond(service.containers["activities"], event)


def admin_of(service: InProcessService, model: Model) -> Caller:
    tenant = service.register(model)
    return Caller(tenant, user=f"ada-{tenant}", team=f"north-{tenant}")


def is_contacted(estate: Estate) -> bool:
    return not estate.send("GET", f"/v1/contacts/{estate['contact']}").body["doNotContact"]


@pytest.mark.parametrize("model", MODELS)
def test_a_link_is_good_for_one_contact_of_one_tenant(in_process: InProcessService, model: Model) -> None:
    one, two = (Estate(in_process, admin_of(in_process, model)) for _ in range(2))
    tokens = in_process.containers["activities"].mailing.tokens
    token = tokens.sign(one.admin.tenant, one["contact"])
    said, _, signature = token.rpartition(".")
    assert is_contacted(one) and is_contacted(two)
    before = two.picture()
    forged = {
        "another tenant": said.replace(one.admin.tenant, two.admin.tenant) + f".{signature}",
        "another contact": said.replace(one["contact"], two["contact"]) + f".{signature}",
        "another key": f"{said}.{'A' * 43}",
    }
    for what, link in forged.items():
        for method in ("GET", "POST"):
            answer = sent(in_process, link, method)
            assert answer["statusCode"] == 404, what
            assert two.mark not in answer["body"] and two.admin.tenant not in answer["body"], what
    # Signed, as if by a mistake of ours: the contact is looked for in the tenant that the link names.
    assert sent(in_process, tokens.sign(one.admin.tenant, two["contact"]))["statusCode"] == 200
    assert is_contacted(one) and is_contacted(two)
    assert sent(in_process, token)["statusCode"] == 200
    assert not is_contacted(one)
    assert two.picture() == before
