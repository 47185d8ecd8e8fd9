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


DEAL = {"title": "Fleet renewal", "value": 25000, "currency": "EUR", "outcome": "open"}
CALL = {"subject": "Ring Mira", "type": "call", "status": "open", "scheduledAt": "2026-03-01T08:30:00.000Z"}


def test_the_new_owner_of_a_lead_is_told_and_of_one_that_became_a_customer_nobody() -> None:
    lead = {"firstName": "Mira", "lastName": "Vantongeren", "companyName": "Tidewater"}
    (found,) = told(change("lead"), status="qualified", **lead)
    assert (found.kind, found.params) == (
        "lead.assigned",
        {"name": "Mira Vantongeren", "company": "Tidewater"},
    )
    assert told(change("lead"), status="converted", **lead) == []
    assert told(change("lead"), status="unqualified", **lead) == []


def test_the_new_owner_of_an_open_opportunity_is_told_what_it_is_worth() -> None:
    (found,) = told(change("opportunity"), **DEAL)
    assert found.kind == "opportunity.assigned"
    assert found.params == {"name": "Fleet renewal", "value": "25000", "currency": "EUR"}
    assert told(change("opportunity"), **{**DEAL, "outcome": "lost"}) == []


def test_the_owner_hears_of_a_won_opportunity_once_and_not_from_themselves() -> None:
    won = {**DEAL, "outcome": "won"}
    (found,) = told(change("opportunity", changed=("stage", "outcome")), **won)
    assert (found.kind, found.user_id, found.actor) == ("opportunity.won", "ben", "ada")
    assert told(change("opportunity", changed=("stage", "outcome"), actor="ben"), **won) == []
    assert told(change("opportunity", changed=("value",)), **won) == [], "it was won before"
    assert told(change("opportunity", changed=("stage", "outcome")), **{**DEAL, "outcome": "lost"}) == []
    assert told(change("opportunity", changed=("stage", "outcome")), **DEAL) == [], "reopened"
    # Whoever loads the deals of past years wins none of them.
    assert told(change("opportunity", operation=Operation.CREATED, changed=()), **won) == []


@pytest.mark.parametrize("type", ["call", "meeting", "task"])
def test_whoever_is_given_something_to_do_is_told_when(type: str) -> None:
    (found,) = told(change("activity"), **{**CALL, "type": type})
    assert (found.kind, found.params) == ("activity.assigned", {"name": "Ring Mira", "type": type})
    assert found.at == datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    assert not found.urgent


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"type": "note"}, id="a note"),
        pytest.param({"type": "email"}, id="an e-mail"),
        pytest.param({"status": "completed"}, id="done"),
        pytest.param({"status": "cancelled"}, id="cancelled"),
        pytest.param({"seriesId": "01S", "occurrence": 2}, id="the second of a series"),
    ],
)
def test_nobody_is_told_of_an_activity_that_is(facts: dict[str, Any]) -> None:
    assert told(change("activity"), **{**CALL, **facts}) == []


def test_of_a_series_the_first_is_told_and_one_without_a_time_too() -> None:
    assert told(change("activity"), **CALL, seriesId="01S", occurrence=1)
    (found,) = told(change("activity"), **{**CALL, "scheduledAt": None})
    assert found.at is None
    assert found.local_time("Europe/Berlin") == ""


def test_a_reminder_is_told_to_the_owner_by_our_own_machinery_even_at_night() -> None:
    event = change("activity", changed=("remindedAt",), actor="system:remind")
    (found,) = told(event, **CALL, remindedAt="2026-03-01T08:15:00.000Z")
    assert (found.kind, found.user_id, found.actor, found.urgent) == ("activity.due", "ben", None, True)
    assert found.local_time("America/New_York") == "2026-03-01 03:30 (America/New_York)"


def test_an_activity_that_was_moved_or_done_reminds_nobody() -> None:
    event = change("activity", changed=("remindedAt", "scheduledAt"))
    assert told(event, **CALL, remindedAt=None) == [], "moved: it will be reminded of again"
    done = {**CALL, "status": "completed"}
    assert told(event, **done, remindedAt="2026-03-01T08:15:00.000Z") == []
    late = change("activity", changed=("subject",), actor="system:remind")
    assert told(late, **CALL, remindedAt="2026-03-01T08:15:00.000Z") == []


@pytest.mark.parametrize(
    ("entity", "path"),
    [
        ("customer", "/customers/01C"),
        ("opportunity", "/opportunities/01C"),
        ("activity", "/activities/01C"),
        ("lead", "/leads/01C"),
    ],
)
def test_a_notification_leads_to_its_record(entity: str, path: str) -> None:
    facts = {"companyName": "Tidewater", **(DEAL if entity == "opportunity" else {})}
    facts |= CALL if entity == "activity" else {"status": "new"}
    (found,) = told(change(entity), **facts)
    assert found.path() == path


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
    (call,) = told(change("activity"), **CALL)
    assert parse_notification(call.to_wire()) == call
    (found,) = told(change())
    assert parse_notification(found.to_wire()) == found
    for broken in ("{}", "[]", found.to_wire().replace('"acme"', '"Acme Inc"'), "nonsense"):
        with pytest.raises(MalformedMessageError):
            parse_notification(broken)


def test_whoever_started_a_job_that_failed_or_took_long_is_told_of_its_end_though_a_job_wrote_it() -> None:
    ended = change("job", changed=("state", "toldAt"), actor="system:jobs", job="01C")
    (found,) = told(ended, kind="import", title="accounts.csv", state="failed", toldAt="2026-03-01T12:00:00Z")
    assert (found.kind, found.user_id, found.actor) == ("job.finished", "ben", None)
    assert found.params == {"name": "accounts.csv", "work": "import", "state": "failed"}
    assert found.path() == "/jobs/01C"
    assert told(change("job", changed=("state",)), kind="import", title="a", state="succeeded") == []
