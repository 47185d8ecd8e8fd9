"""The identity provider that the unit tests use is held to the contract of the real one."""

from __future__ import annotations

import pytest
from fake_identity import FakeIdentity
from identity_contract import Company, IdentityContract

from zebros_auth.domain.identity import IdentityUnavailableError


class TestFakeIdentity(IdentityContract):
    @pytest.fixture
    def identity(self) -> FakeIdentity:
        return FakeIdentity()


def test_a_failure_happens_once_before_or_after_the_work() -> None:
    identity, company = FakeIdentity(), Company()
    identity.fail_next("ensure_person", IdentityUnavailableError())
    with pytest.raises(IdentityUnavailableError):
        identity.ensure_person(company.newcomer())
    assert identity.people == {}
    identity.fail_next("ensure_person", IdentityUnavailableError(), after=True)
    with pytest.raises(IdentityUnavailableError):
        identity.ensure_person(company.newcomer())
    assert len(identity.people) == 1
    assert identity.ensure_person(company.newcomer()).id in identity.people
