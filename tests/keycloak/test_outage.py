"""Keycloak is out: who has a valid token goes on working, and everything is back with it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import httpx
import pytest
from deployed_stack import eventually
from steady_traffic import steady_traffic

from zebros_local.errors import SignInError
from zebros_local.identity import LocalIdentity, Person, Realm
from zebros_local.stack import Stack

Read = Callable[[str], httpx.Response]

HANGS_SECONDS = 20
GONE_SECONDS = 150


@contextmanager
def hanging(stack: Stack) -> Iterator[None]:
    """Let Keycloak hang: connections are taken and nothing is answered, which is worse than an error."""
    group = _process_group(stack)
    os.killpg(group, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(group, signal.SIGCONT)


@contextmanager
def gone(stack: Stack) -> Iterator[None]:
    """End Keycloak's process, and start it again at the end."""
    os.killpg(_process_group(stack), signal.SIGTERM)
    try:
        yield
    finally:
        stack.restart(["identity"])


@dataclass(frozen=True)
class Office:
    """People of two companies at work, and their integrations."""

    identity: LocalIdentity
    realm: Realm
    people: tuple[Person, ...]
    read: Read

    def works_through(self, outage: AbstractContextManager[None], seconds: float) -> None:
        """Go on with valid tokens through an outage of so many seconds, and sign in anew after it."""
        sign_ins = [self.identity.sign_in(person.email, self.realm.password) for person in self.people]
        tokens = [each.access for each in sign_ins]
        tokens += [self.identity.client_token(each.id, each.secret) for each in self.realm.integrations]
        for token in tokens:
            assert self.read(token).status_code == 200
        with outage:
            eventually(lambda: not self._keycloak_answers())
            until = time.monotonic() + seconds
            with steady_traffic(self.read, tokens) as traffic:
                eventually(lambda: time.monotonic() > until, seconds=seconds + 30)
                assert not self._keycloak_answers(), "it was no outage"
        assert not traffic.refused
        assert traffic.statuses[200] >= seconds / 2
        eventually(self._signs_in_again)
        # Sessions are kept in the database: nobody has to sign in again because the server was out.
        assert self.read(self.identity.refresh(sign_ins[0]).access).status_code == 200

    def _signs_in_again(self) -> bool:
        person = self.people[0]
        try:
            token = self.identity.sign_in(person.email, self.realm.password).access
        except SignInError:
            return False
        return self.read(token).status_code == 200

    def _keycloak_answers(self) -> bool:
        try:
            discovery = f"{self.identity.issuer}/.well-known/openid-configuration"
            return httpx.get(discovery, timeout=2).is_success
        except httpx.HTTPError:
            return False


@pytest.fixture
def office(identity: LocalIdentity, realm: Realm, ada: Person, bo: Person, customers_of: Read) -> Office:
    return Office(identity, realm, (ada, bo), customers_of)


def test_requests_with_valid_tokens_go_on_while_keycloak_hangs(office: Office, stack: Stack) -> None:
    office.works_through(hanging(stack), HANGS_SECONDS)


@pytest.mark.prove
def test_requests_with_valid_tokens_go_on_while_keycloak_is_gone_for_minutes(
    office: Office, stack: Stack
) -> None:
    office.works_through(gone(stack), GONE_SECONDS)


def _process_group(stack: Stack) -> int:
    """Each part runs in a process group of its own, which is that of its first process."""
    return next(part.pid for part in stack.status() if part.name == "identity")
