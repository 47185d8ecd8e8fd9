"""The laptop's identity provider alone, over which nothing is deployed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from identity_contract import Company, forget
from stand_in import Mailbox, StandIn

from zebros_auth.adapters.keycloak import KeycloakIdentity


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    yield mailbox
    mailbox.close()


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[StandIn]:
    stand_in = StandIn(tmp_path_factory.mktemp("identity"), mailbox)
    stand_in.start()
    yield stand_in
    stand_in.stop()


@pytest.fixture(scope="session")
def identity(stand_in: StandIn) -> KeycloakIdentity:
    return stand_in.identity()


@pytest.fixture(scope="session")
def issuer(stand_in: StandIn) -> str:
    return stand_in.issuer


@pytest.fixture
def company(identity: KeycloakIdentity) -> Iterator[Company]:
    company = Company()
    yield company
    forget(identity, company)
