"""Which change tells whom."""

from datetime import UTC, datetime
from typing import Any

import pytest

from zebros_auth.domain.notification import Notification, notifications_of, parse_notification
from zebros_core.messaging import EntityChanged, MalformedMessageError, Operation

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def change(entity: str = "customer", **facts: Any) -> EntityChanged:
    given = {"operation": Operation.UPDATED, "changed": ("ownerId",), "actor": "ada", **facts}
    return EntityChanged(
        event_id="E1", tenant_id="acme", entity=entity, id="01C", version=2, occurred_at=AT, **given
    )


def told(event: EntityChanged, **snapshot: Any) -> list[Notification]:
    return notifications_of(event, {"ownerId": "ben", "companyName": "Tidewater", **snapshot})


def test_the_new_owner_of_a_customer_is_told_who_gave_them_which() -> None:
    (found,) = told(change())
    assert (found.kind, found.user_id, found.tenant_id, found.record_id) == (
        "customer.assigned",
        "ben",
        "acme",
        "01C",
    )
    assert found.params == {"name": "Tidewater"}
    assert found.actor == "ada"
    assert found.occurred_at == AT
    assert not found.urgent


def test_a_customer_created_for_somebody_else_tells_them() -> None:
    assert told(change(operation=Operation.CREATED, changed=()))


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(change(actor="ben"), id="who took it themselves"),
        pytest.param(change(operation=Operation.CREATED, changed=(), actor="ben"), id="who made it"),
        pytest.param(change(changed=("companyName",)), id="owner stays"),
        pytest.param(change(job="job-1"), id="written by a job"),
        pytest.param(change(operation=Operation.DELETED, changed=()), id="deleted"),
        pytest.param(change(operation=Operation.RESTORED, changed=()), id="restored"),
        pytest.param(change("document"), id="no rule"),
    ],
)
def test_nobody_is_told_of(event: EntityChanged) -> None:
    assert told(event) == []


def test_nobody_is_told_of_a_record_that_is_gone() -> None:
    assert notifications_of(change(operation=Operation.REMOVED, changed=()), None) == []


def test_a_contact_tells_its_owner_only_where_no_customer_does() -> None:
    names = {"firstName": "Mira", "lastName": "Vantongeren"}
    (found,) = told(change("contact"), customerId=None, **names)
    assert (found.kind, found.params) == ("contact.assigned", {"name": "Mira Vantongeren"})
    assert told(change("contact"), customerId="01CUSTOMER", **names) == []


def test_our_own_machinery_is_nobody_to_name() -> None:
    (found,) = told(change(actor="system:followup"))
    assert found.actor is None


def test_the_same_event_gives_the_same_notification_and_another_event_another() -> None:
    first, again = told(change())[0], told(change())[0]
    other = told(change().model_copy(update={"event_id": "E2"}))[0]
    elsewhere = told(change().model_copy(update={"tenant_id": "globex"}))[0]
    assert first.id == again.id
    assert len({first.id, other.id, elsewhere.id}) == 3


def test_a_notification_survives_the_wire_and_nothing_malformed_does() -> None:
    (found,) = told(change())
    assert parse_notification(found.to_wire()) == found
    for broken in ("{}", "[]", found.to_wire().replace('"acme"', '"Acme Inc"'), "nonsense"):
        with pytest.raises(MalformedMessageError):
            parse_notification(broken)
