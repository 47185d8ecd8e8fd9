"""The erasure ledger: it recognises people who were erased, in records and texts, and holds no value of theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import boto3
import pytest

from zebros_core.clock import FixedClock
from zebros_core.ids import new_id
from zebros_core.privacy.subject import Subject
from zebros_jobs.bootstrap import Container
from zebros_jobs.use_cases.privacy.erasure_ledger import Erased, ErasureLedger

AT = datetime(2026, 11, 28, tzinfo=UTC)
CONTACT = new_id(FixedClock())
ANNA = Subject(
    contact_ids=(CONTACT,),
    emails=("anna.weiß@example.com",),
    names=("Anna Maria Weiß", "Weiß Anna Maria", "Jo. O'Neill-Smith"),
)


def ledger_of(container: Container, tenant_id: str) -> ErasureLedger:
    return ErasureLedger(container.system_workspace(tenant_id, "test").lookup)


@pytest.fixture
def erased(container: Container, tenant: Callable[..., str]) -> Erased:
    ledger = ledger_of(container, tenant())
    ledger.enter(ANNA, "request-1", AT)
    return ledger.load()


def test_an_erased_record_is_known_by_its_id_and_no_other_is(erased: Erased) -> None:
    assert erased.has("contact", CONTACT)
    assert not erased.has("lead", CONTACT)
    assert not erased.has("contact", new_id(FixedClock()))
    assert erased.cleaned("contact", {"contactId": CONTACT, "firstName": "Anna"}) is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Call anna.weiß@example.com.", "Call [erased]."),
        ("<ANNA.WEISS@example.com>", "<[erased]>"),
        ("mailto:anna.weiß%40example.com?x=1", "mailto:[erased]?x=1"),
        ("other.anna.weiß@example.com", "other.anna.weiß@example.com"),
        ("Lunch with ANNA  MARIA\nWEISS, then home", "Lunch with [erased], then home"),
        ("Weiß, Anna Maria: rang", "[erased]: rang"),
        ("Ask jo. o'neill-smith!", "Ask [erased]!"),
        ("Anna Maria Schmidt and Anna Weiß", "Anna Maria Schmidt and Anna Weiß"),
        ("Anna; Maria; Weiß", "Anna; Maria; Weiß"),
        ("", ""),
        ("Anna", "Anna"),
    ],
)
def test_texts_lose_addresses_and_full_names_and_nothing_else(erased: Erased, text: str, left: str) -> None:
    assert erased.cleaned_value({"notes": [text, 1, None]}) == {"notes": [left, 1, None]}
    assert erased.cleaned("activity", {"activityId": "a", "subject": text}) == {
        "activityId": "a",
        "subject": left,
    }


def test_other_tenants_have_other_ledgers_and_other_hashes(
    container: Container, tenant: Callable[..., str]
) -> None:
    here, elsewhere = ledger_of(container, tenant()), ledger_of(container, tenant())
    entered = here.enter(ANNA, "request-1", AT)
    assert here.enter(ANNA, "request-2", AT) == entered
    assert not set(entered) & set(elsewhere.hashes(ANNA))
    assert elsewhere.load().cleaned("contact", {"contactId": CONTACT}) == {"contactId": CONTACT}
    assert elsewhere.load().cleaned_value("anna.weiß@example.com") == "anna.weiß@example.com"


def test_the_ledger_holds_no_value(container: Container, tenant: Callable[..., str]) -> None:
    ledger_of(container, tenant()).enter(ANNA, "request-1", AT)
    client = boto3.client("dynamodb")
    stored = str(client.scan(TableName="zebros-test-jobs-lookup")["Items"]).casefold()
    assert "request-1" in stored
    for value in ("anna", "weiß", "weiss", "example", "neill", CONTACT.casefold()):
        assert value not in stored


def test_somebody_with_one_name_only_is_not_looked_for_in_texts(
    container: Container, tenant: Callable[..., str]
) -> None:
    ledger = ledger_of(container, tenant())
    ledger.enter(Subject(names=("Madonna",)), "request-1", AT)
    assert ledger.load().cleaned_value("A picture of the Madonna") == "A picture of the Madonna"
