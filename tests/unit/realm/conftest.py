"""The realm file as a laptop fills it in, and a realm in memory that was just imported from it."""

from __future__ import annotations

from typing import Any

import pytest
from fake_realm import FakeRealm

from zebros_auth.realm.desired import load_realm


@pytest.fixture(scope="session")
def wanted() -> dict[str, Any]:
    return load_realm({"ZEBROS_ADMIN_SECRET": "of-the-test", "ZEBROS_SMTP_PASSWORD": "of-the-mail-server"})


@pytest.fixture
def there(wanted: dict[str, Any]) -> FakeRealm:
    return FakeRealm(wanted)
