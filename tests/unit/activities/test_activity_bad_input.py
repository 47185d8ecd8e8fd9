"""What bad input gets: a problem that names the field and the rule, and nothing that was written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from activity_records import CALL, activity, contact, customer
from callers import Person

UNKNOWN = "01JC8Z4T5V6W7X8Y9ZABCDEFGH"


def faults(answer: Any, status: int = 422) -> list[tuple[str, str]]:
    assert answer.status == status, answer.text
    return [(fault["field"], fault["code"]) for fault in answer.body["errors"]]


@pytest.mark.parametrize(
    ("facts", "field", "code"),
    [
        ({"type": "visit"}, "/type", "enum"),
        ({"type": None}, "/type", "enum"),
        ({"subject": ""}, "/subject", "string_too_short"),
        ({"subject": "   "}, "/subject", "string_too_short"),
        ({"subject": "x" * 201}, "/subject", "string_too_long"),
        ({"subject": "a\u0000b"}, "/subject", "control_character"),
        ({"description": "x" * 10_001}, "/description", "string_too_long"),
        ({"description": "a\u0007b"}, "/description", "control_character"),
        ({"relatedId": UNKNOWN}, "/relatedType", "missing"),
        ({"relatedType": "customer"}, "/relatedId", "missing"),
        ({"relatedType": "invoice", "relatedId": UNKNOWN}, "/relatedType", "enum"),
        ({"relatedType": "customer", "relatedId": UNKNOWN}, "/relatedId", "unknown_reference"),
        ({"relatedType": "contact", "relatedId": UNKNOWN}, "/relatedId", "unknown_reference"),
        ({"relatedType": "lead", "relatedId": UNKNOWN}, "/relatedId", "unknown_reference"),
        ({"relatedType": "opportunity", "relatedId": UNKNOWN}, "/relatedId", "unknown_reference"),
        ({"relatedType": "customer", "relatedId": "x"}, "/relatedId", "string_too_short"),
        ({"relatedType": "customer", "relatedId": "u" * 26}, "/relatedId", "invalid_id"),
        ({"relatedType": "customer", "relatedId": "~"}, "/relatedId", "string_too_short"),
        ({"scheduledAt": "2026-03-04"}, "/scheduledAt", "instant"),
        ({"scheduledAt": "2026-03-04T10:00:00"}, "/scheduledAt", "instant"),
        ({"scheduledAt": "2026-02-30T10:00:00Z"}, "/scheduledAt", "instant"),
        ({"scheduledAt": "04.03.2026 10:00"}, "/scheduledAt", "instant"),
        ({"scheduledAt": 1772614800}, "/scheduledAt", "datetime_type"),
        ({"scheduledAt": "0001-01-01T00:00:00+14:00"}, "/scheduledAt", "year"),
        ({"scheduledAt": "9999-12-31T23:59:59-12:00"}, "/scheduledAt", "year"),
        (
            {"scheduledAt": "2026-03-04T10:00:00Z", "endsAt": "2026-03-04T09:59:59Z"},
            "/endsAt",
            "before_start",
        ),
        ({"endsAt": "2026-03-04T10:00:00Z"}, "/endsAt", "needs_scheduled_at"),
        ({"reminderMinutes": 5}, "/reminderMinutes", "needs_scheduled_at"),
        (
            {"scheduledAt": "2026-03-04T10:00:00Z", "reminderMinutes": -1},
            "/reminderMinutes",
            "greater_than_equal",
        ),
        (
            {"scheduledAt": "2026-03-04T10:00:00Z", "reminderMinutes": 40_321},
            "/reminderMinutes",
            "less_than_equal",
        ),
        ({"scheduledAt": "2026-03-04T10:00:00Z", "reminderMinutes": "5"}, "/reminderMinutes", "int_type"),
        ({"scheduledAt": "2026-03-04T10:00:00Z", "reminderMinutes": 1.5}, "/reminderMinutes", "int_type"),
        ({"recurrence": "FREQ=DAILY;COUNT=2"}, "/recurrence", "needs_scheduled_at"),
        ({"scheduledAt": "2026-03-04T10:00:00Z", "recurrence": "FREQ=DAILY"}, "/recurrence", "endless"),
        ({"scheduledAt": "2026-03-04T10:00:00Z", "recurrence": "x" * 201}, "/recurrence", "string_too_long"),
        ({"timeZone": "Europe/Berlin"}, "/timeZone", "needs_recurrence"),
        ({"timeZone": "Berlin"}, "/timeZone", "time_zone"),
        ({"timeZone": "../../etc/passwd"}, "/timeZone", "time_zone"),
        ({"status": "late"}, "/status", "enum"),
        ({"completedAt": "2026-03-01T10:00:00Z"}, "/completedAt", "not_completed"),
        ({"status": "completed", "completedAt": "2026-03-02T09:05:01Z"}, "/completedAt", "in_the_future"),
        ({"priority": "urgent"}, "/priority", "enum"),
        ({"participants": {"contactIds": [UNKNOWN]}}, "/participants/contactIds/0", "unknown_reference"),
        ({"participants": {"contactIds": [UNKNOWN] * 2}}, "/participants/contactIds", "repeated"),
        ({"participants": {"userIds": ["a"] * 11}}, "/participants/userIds", "too_long"),
        ({"participants": {"userIds": ["a#b"]}}, "/participants/userIds/0", "string_pattern_mismatch"),
        ({"participants": {"emails": []}}, "/participants/emails", "extra_forbidden"),
        ({"ownerId": "a#b"}, "/ownerId", "string_pattern_mismatch"),
        ({"externalId": "a#b"}, "/externalId", "reserved_character"),
        ({"tags": [str(number) for number in range(21)]}, "/tags", "too_many_tags"),
        ({"custom": {"note": "x" * 201}}, "/custom/note/", ""),
        ({"delivery": {"status": "sent"}}, "/delivery", "extra_forbidden"),
        ({"remindedAt": "2026-03-01T10:00:00Z"}, "/remindedAt", "extra_forbidden"),
        ({"customerId": UNKNOWN}, "/customerId", "extra_forbidden"),
        ({"seriesId": UNKNOWN}, "/seriesId", "extra_forbidden"),
        ({"tenantId": "other"}, "/tenantId", "extra_forbidden"),
    ],
)
def test_a_field_that_breaks_a_rule_is_named_with_the_rule(
    admin: Person, facts: dict[str, Any], field: str, code: str
) -> None:
    refused = admin.post("/v1/activities", {**CALL, **facts})
    found = faults(refused)
    if code:
        assert found == [(field, code)]
    else:
        assert found[0][0].startswith(field)
    assert admin.get("/v1/activities").body["items"] == []


def test_all_that_does_not_go_together_is_named_at_once(admin: Person) -> None:
    refused = admin.post(
        "/v1/activities", {**CALL, "relatedType": "customer", "reminderMinutes": 5, "timeZone": "UTC"}
    )
    assert faults(refused) == [
        ("/relatedId", "missing"),
        ("/reminderMinutes", "needs_scheduled_at"),
        ("/timeZone", "needs_recurrence"),
    ]


def test_records_of_another_tenant_or_out_of_sight_look_missing(
    both: tuple[Person, Person], person: Any
) -> None:
    one, two = both
    theirs, their_contact = customer(two), contact(two, None)
    for facts, field in (
        ({"relatedType": "customer", "relatedId": theirs}, "/relatedId"),
        ({"relatedType": "contact", "relatedId": their_contact}, "/relatedId"),
        ({"participants": {"contactIds": [their_contact]}}, "/participants/contactIds/0"),
    ):
        refused = one.post("/v1/activities", {**CALL, **facts})
        assert faults(refused) == [(field, "unknown_reference")]
        missing = one.post(
            "/v1/activities", json.loads(json.dumps({**CALL, **facts}).replace(theirs, UNKNOWN))
        )
        assert faults(missing)[0][1] == "unknown_reference", "and nothing tells the two apart"
        assert missing.body["detail"] == refused.body["detail"]
    hidden = customer(one, "South's", ownerId="eve", teamId="south")
    rep = person(one.tenant, user="ada", roles=("sales-rep",), team="north")
    refused = rep.post("/v1/activities", {**CALL, "relatedType": "customer", "relatedId": hidden})
    assert faults(refused) == [("/relatedId", "unknown_reference")]


def test_a_deleted_record_takes_no_new_activities_and_keeps_those_that_it_has(admin: Person) -> None:
    customer_id = customer(admin)
    about = {"relatedType": "customer", "relatedId": customer_id}
    made = activity(admin, **about)
    admin.delete(f"/v1/customers/{customer_id}")
    assert faults(admin.post("/v1/activities", {**CALL, **about})) == [("/relatedId", "unknown_reference")]
    where = f"/v1/activities/{made['activityId']}"
    assert admin.put(where, {**CALL, **about, "subject": "Still"}, If_Match='"1"').status == 200


def test_a_participant_who_has_gone_does_not_keep_an_activity_from_being_changed(admin: Person) -> None:
    first, second = contact(admin, None, "Ito"), contact(admin, None, "Okafor")
    made = activity(admin, participants={"contactIds": [first]})
    admin.delete(f"/v1/contacts/{first}")
    admin.delete(f"/v1/contacts/{second}")
    where = f"/v1/activities/{made['activityId']}"
    assert admin.patch(where, {"subject": "Still"}).status == 200
    refused = admin.patch(where, {"participants": {"contactIds": [first, second]}})
    assert faults(refused) == [("/participants/contactIds/1", "unknown_reference")]


@pytest.mark.parametrize(
    ("patch", "field", "code"),
    [
        ({"scheduledAt": None}, "/reminderMinutes", "needs_scheduled_at"),
        ({"relatedId": UNKNOWN}, "/relatedType", "missing"),
        ({"completedAt": "2026-03-01T10:00:00Z"}, "/completedAt", "not_completed"),
        ({"subject": None}, "/subject", "missing"),
        ({"delivery": None}, "/delivery", "extra_forbidden"),
        ({"description": "x" * 10_001}, "/description", "string_too_long"),
    ],
)
def test_a_patch_is_judged_by_what_it_leads_to(
    admin: Person, patch: dict[str, Any], field: str, code: str
) -> None:
    made = activity(admin, scheduledAt="2026-03-04T10:00:00Z", reminderMinutes=5)
    where = f"/v1/activities/{made['activityId']}"
    assert faults(admin.patch(where, patch)) == [(field, code)]
    assert admin.get(where).body == made


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"outcome": "x" * 201}, "/outcome", "string_too_long"),
        ({"completedAt": "2026-03-02T09:05:01Z"}, "/completedAt", "in_the_future"),
        ({"completedAt": "yesterday"}, "/completedAt", "instant"),
        ({"by": "eve"}, "/by", "extra_forbidden"),
    ],
)
def test_a_completion_that_breaks_a_rule(admin: Person, body: dict[str, Any], field: str, code: str) -> None:
    made = activity(admin)
    assert faults(admin.post(f"/v1/activities/{made['activityId']}/complete", body)) == [(field, code)]


@pytest.mark.parametrize("text", ["", " ", "x" * 2001, "a\u0000", None, 7])
def test_a_comment_that_breaks_a_rule(admin: Person, text: Any) -> None:
    made = activity(admin)
    refused = admin.post(f"/v1/activities/{made['activityId']}/comments", {"text": text})
    assert [field for field, _ in faults(refused)] == ["/text"]


def test_a_body_that_is_no_activity(admin: Person) -> None:
    for body in ("", "[]", "null", '"x"', '{"type":"call","type":"task","subject":"x"}', "{", "\ud800"):
        assert admin.call("POST", "/v1/activities", body).status in {400, 422}
    large = json.dumps({**CALL, "description": "x" * 7_000_000})
    assert admin.call("POST", "/v1/activities", large).status in {413, 422}


def test_an_id_that_is_taken_in_another_tenant_is_refused_without_a_word_of_it(
    both: tuple[Person, Person],
) -> None:
    one, two = both
    made = activity(two)
    operation = {"operation": "create", "id": made["activityId"], "data": CALL}
    answer = one.post("/v1/activities:batch", {"operations": [operation]})
    outcome = answer.body["outcomes"][0]
    # In a shared table the key is taken; where keys hold the tenant, or tables are its own, it is free.
    assert outcome["outcome"] in {"created", "rejected"}
    if outcome["outcome"] == "rejected":
        assert outcome["problem"]["status"] == 422
        assert two.tenant not in json.dumps(outcome)
    assert two.get(f"/v1/activities/{made['activityId']}").body == made
