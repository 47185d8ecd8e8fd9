"""What CloudFormation is told of the realm's application: always something, within its limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from zebros_auth.realm.admin import KeycloakRealmAdmin, RealmAdminError
from zebros_auth.realm.deployment import RealmDeployment, answer_cloudformation
from zebros_auth.realm.differences import Difference

REQUEST = {
    "RequestType": "Update",
    "ResponseURL": "https://cloudformation.example/answer?signature=x",
    "StackId": "arn:aws:cloudformation:stack",
    "RequestId": "request-1",
    "LogicalResourceId": "Realm",
    "PhysicalResourceId": "realm-zebros",
}


class Mailbox:
    """What CloudFormation was answered."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(self, url: str, answer: Mapping[str, Any]) -> None:
        self.answers.append((url, answer))


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


def _difference() -> Difference:
    return Difference("realm", "settings", ("something",), lambda: None)


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_success_says_how_much_was_applied(mailbox: Mailbox, kind: str) -> None:
    answer_cloudformation({**REQUEST, "RequestType": kind}, lambda: [_difference()], mailbox)
    [(url, answer)] = mailbox.answers
    assert url == REQUEST["ResponseURL"]
    assert answer["Status"] == "SUCCESS"
    assert answer["Data"] == {"Applied": "1"}
    assert {
        name: answer[name] for name in ("StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId")
    } == {name: REQUEST[name] for name in ("StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId")}


@pytest.mark.parametrize("error", [RealmAdminError("Keycloak says no " * 1_000), KeyError("realm")])
def test_a_failure_of_any_kind_is_answered_with_its_reason_in_few_words(
    mailbox: Mailbox, error: Exception
) -> None:
    def fail() -> list[Difference]:
        raise error

    answer_cloudformation(REQUEST, fail, mailbox)
    [(_, answer)] = mailbox.answers
    assert answer["Status"] == "FAILED"
    assert str(answer["Reason"])[:5] == str(error)[:5]
    assert len(answer["Reason"]) <= 1_500


def test_a_deleted_stack_leaves_the_realm_with_its_people(mailbox: Mailbox) -> None:
    def never() -> list[Difference]:
        raise AssertionError("the realm was touched")

    answer_cloudformation({**REQUEST, "RequestType": "Delete"}, never, mailbox)
    assert mailbox.answers[0][1]["Status"] == "SUCCESS"


def test_an_unknown_command_is_refused_before_anything_is_asked() -> None:
    deployment = RealmDeployment("http://127.0.0.1:1/realms/zebros", "zebros-admin", lambda: "secret", {})
    with pytest.raises(ValueError, match="no such command"):
        deployment.run("destroy")


def test_waiting_for_keycloak_has_an_end() -> None:
    admin = KeycloakRealmAdmin("http://127.0.0.1:1", "zebros", "zebros-admin", "secret")
    with pytest.raises(RealmAdminError, match="not ready within 0 s"):
        admin.wait_until_ready(0)
