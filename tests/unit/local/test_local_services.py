"""Which services there are, in which order, and when one counts as changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from zebros_local.errors import LocalStackError
from zebros_local.services import Service, find_service, fingerprint, load_services
from zebros_local.settings import CHECKOUT

PARAMETERS = {"ZEBROS_LOCAL_ISSUER": "http://127.0.0.1:8180/realms/zebros"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small checkout with one service of Python code and one stack without any."""
    files = {
        "serverless-compose.yml": "services:\n  widgets: {path: services/widgets, dependsOn: [base]}\n"
        "  base: {path: infrastructure}\n",
        "package-lock.json": "{}",
        "requirements/runtime.lock": "boto3==1\n",
        "infrastructure/serverless.yml": "service: base\n",
        "libs/zebros_core/__init__.py": "",
        "services/widgets/serverless.yml": "service: widgets\n",
        "services/widgets/README.md": "Widgets.\n",
        "services/widgets/zebros_widgets/__init__.py": "",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path


def print_of(checkout: Path, name: str, **changed: str) -> str:
    return fingerprint(checkout, find_service(load_services(checkout), name), {**PARAMETERS, **changed})


def test_services_come_after_what_they_depend_on(checkout: Path) -> None:
    assert [service.name for service in load_services(checkout)] == ["base", "widgets"]


def test_the_repositorys_own_services_start_with_the_infrastructure() -> None:
    assert load_services(CHECKOUT)[0] == Service("infrastructure", CHECKOUT / "infrastructure")


def test_services_that_depend_on_each_other_in_a_circle_are_refused(checkout: Path) -> None:
    (checkout / "serverless-compose.yml").write_text(
        "services:\n  a: {path: a, dependsOn: b}\n  b: {path: b, dependsOn: a}\n"
    )
    with pytest.raises(LocalStackError, match="circle"):
        load_services(checkout)


def test_a_dependency_that_is_not_declared_is_named(checkout: Path) -> None:
    (checkout / "serverless-compose.yml").write_text("services:\n  a: {path: a, dependsOn: [missing]}\n")
    with pytest.raises(LocalStackError, match="missing"):
        load_services(checkout)


def test_an_unknown_service_is_named_with_the_known_ones(checkout: Path) -> None:
    with pytest.raises(LocalStackError, match=r"'gadgets'.* has base, widgets"):
        find_service(load_services(checkout), "gadgets")


def test_the_same_sources_have_the_same_fingerprint_whatever_their_times(checkout: Path) -> None:
    before = print_of(checkout, "widgets")
    (checkout / "services/widgets/serverless.yml").touch()
    assert print_of(checkout, "widgets") == before


@pytest.mark.parametrize(
    "name",
    [
        "services/widgets/zebros_widgets/__init__.py",
        "services/widgets/serverless.yml",
        "libs/zebros_core/__init__.py",
        "infrastructure/serverless.yml",
        "requirements/runtime.lock",
        "requirements/widgets.lock",
    ],
)
def test_a_change_of_anything_that_is_deployed_changes_the_fingerprint(checkout: Path, name: str) -> None:
    before = print_of(checkout, "widgets")
    (checkout / name).write_text("changed")
    assert print_of(checkout, "widgets") != before


@pytest.mark.parametrize(
    "name",
    [
        "services/widgets/README.md",
        "services/widgets/.serverless/widgets.zip",
        "services/widgets/zebros_widgets/__pycache__/a.pyc",
        "services/widgets/contracts/openapi.json",
        "services/gadgets/serverless.yml",
    ],
)
def test_documents_build_output_and_other_services_change_nothing(checkout: Path, name: str) -> None:
    before = print_of(checkout, "widgets")
    path = checkout / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("changed")
    assert print_of(checkout, "widgets") == before


def test_an_edit_of_the_library_leaves_a_stack_without_code_as_it_is(checkout: Path) -> None:
    before = print_of(checkout, "base")
    (checkout / "libs/zebros_core/__init__.py").write_text("changed")
    assert print_of(checkout, "base") == before


def test_a_renamed_file_changes_the_fingerprint(checkout: Path) -> None:
    before = print_of(checkout, "widgets")
    package = checkout / "services/widgets/zebros_widgets"
    (package / "__init__.py").rename(package / "other.py")
    (package / "__init__.py").write_text("")
    assert print_of(checkout, "widgets") != before


def test_another_port_of_the_stack_changes_the_fingerprint(checkout: Path) -> None:
    moved = print_of(checkout, "widgets", ZEBROS_LOCAL_ISSUER="http://127.0.0.1:9999/realms/zebros")
    assert moved != print_of(checkout, "widgets")
