"""The tree of errors, and the environment."""

from __future__ import annotations

import re
from typing import Any

import pytest

from zebros_core import errors
from zebros_core.settings import CoreSettings, SettingsError

ENVIRON = {
    "STAGE": "dev",
    "TABLE_PREFIX": "zebros-dev",
    "EVENT_BUS": "zebros-dev",
    "DOCUMENTS_BUCKET": "documents",
    "FAILURES_BUCKET": "failures",
    "OIDC_ISSUER": "https://issuer.example/realms/zebros",
    "OIDC_AUDIENCE": "zebros-api",
    "SERVICE": "widgets",
    "CURSOR_SECRET": "s" * 32,
    "CURSOR_SECRET_PARAMETER": "",
    "REDIS_URL": "",
}


def classes() -> list[type[errors.ZebrosError]]:
    found: list[Any] = [getattr(errors, name) for name in errors.__all__]
    return [kind for kind in found if issubclass(kind, errors.ZebrosError)]


def test_the_drawn_tree_is_the_tree() -> None:
    drawn: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"( *[│├└─ ]*)(\w+Error)", line)
        if match:
            drawn.append((len(match[1]), match[2]))
    parents: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    for depth, name in drawn:
        path = [step for step in path if step[0] < depth]
        parents[name] = path[-1][1] if path else "Exception"
        path.append((depth, name))
    assert parents == {kind.__name__: kind.__mro__[1].__name__ for kind in classes()}


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in classes()]
    assert len(set(codes)) == len(codes)


def test_an_error_says_which_fields() -> None:
    error = errors.ValidationError.for_field("/name", "too_long", "At most 10.")
    assert isinstance(error, errors.ValidationError)
    assert (error.detail, error.fields[0].code) == ("At most 10.", "too_long")
    assert str(error) == "At most 10. [/name: too_long]"


def test_a_missing_record_is_described_without_its_id() -> None:
    error = errors.NotFoundError("widget", "W1")
    assert (error.entity, error.id) == ("widget", "W1")
    assert "W1" not in error.detail


def test_settings_are_read_from_the_environment() -> None:
    settings = CoreSettings.from_environ(ENVIRON)
    assert (settings.table_prefix, settings.redis_url, settings.aws_region) == (
        "zebros-dev",
        "",
        "eu-central-1",
    )
    assert "s" * 32 not in repr(settings)


def test_all_faults_are_named_at_once_and_no_value_is_shown() -> None:
    broken = {
        **ENVIRON,
        "OIDC_ISSUER": "secret-value",
        "LOG_LEVEL": "loud",
        "REDIS_URL": "http://x",
        "CURSOR_SECRET": "",
    }
    del broken["EVENT_BUS"]
    broken["STAGE"] = " "
    with pytest.raises(SettingsError) as caught:
        CoreSettings.from_environ(broken)
    assert set(caught.value.problems) == {
        "STAGE",
        "EVENT_BUS",
        "OIDC_ISSUER",
        "LOG_LEVEL",
        "REDIS_URL",
        "CURSOR_SECRET",
    }
    assert "secret-value" not in str(caught.value)
