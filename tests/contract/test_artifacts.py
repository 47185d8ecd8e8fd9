"""The zips that are deployed: complete, reproducible, for the right machine, and no bigger than they must be."""

import ast
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from packaged_templates import SERVICES

pytestmark = pytest.mark.contract

Stacks = Mapping[str, Any]
SERVICE = "customers"
MOST_MEGABYTES = {"": (20, 80), "jobs": (50, 150)}
"""Of a zip and of what is in it, where Lambda takes 250: DuckDB alone is 61."""
ELF_AARCH64 = 0xB7
"""`e_machine` in an ELF header, at byte 18."""


@pytest.fixture(scope="session", params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    """Every service that has functions, one after the other."""
    return str(request.param)


@pytest.fixture(scope="session")
def unpacked(local: Stacks, service: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The service's artefact for the interpreter at hand, unpacked as Lambda does."""
    folder = tmp_path_factory.mktemp(service)
    with zipfile.ZipFile(local[service].artefact) as archive:
        archive.extractall(folder)
    return folder


def run_isolated(
    folder: Path, code: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run code, as Lambda would, in the folder: the interpreter sees the standard library and the folder, and neither
    our environment nor site-packages.
    """
    return subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{code}"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "AWS_REGION": "eu-central-1", **(environment or {})},
        check=False,
    )


def variables(function: Mapping[str, Any]) -> dict[str, str]:
    """The environment that a template gives to a function, references filled in with what looks like them."""
    declared = function["Environment"]["Variables"].items()
    return {name: _resolved(value) for name, value in declared}


def _resolved(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    if "Fn::Sub" in value:
        known = {"AWS::AccountId": "000000000000", "AWS::Region": "eu-central-1", "AWS::Partition": "aws"}
        text = str(value["Fn::Sub"])
        for name, known_value in known.items():
            text = text.replace(f"${{{name}}}", known_value)
        return text
    return "arn:aws:service:eu-central-1:000000000000:thing"


def own_modules(folder: Path) -> Iterator[tuple[str, ast.Module]]:
    for package in sorted(folder.glob("zebros_*")):
        for path in sorted(package.rglob("*.py")):
            yield str(path.relative_to(folder)), ast.parse(path.read_text())


def absolute_imports(tree: ast.Module) -> Iterator[str]:
    """Top-level names of every import of a module, those inside of functions and TYPE_CHECKING blocks too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def reached_modules(folder: Path, service: str) -> Iterator[tuple[str, ast.Module]]:
    """The service's own modules, and those of the library that they import, whatever way and however late."""
    trees = {
        path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): tree
        for path, tree in own_modules(folder)
    }
    waiting = [name for name in trees if name.split(".")[0] == f"zebros_{service}"]
    seen = set(waiting)
    while waiting:
        name = waiting.pop()
        yield name, trees[name]
        for imported in _imported_names(trees[name]):
            parts = imported.split(".")
            for length in range(1, len(parts) + 1):
                module = ".".join(parts[:length])
                if module in trees and module not in seen:
                    seen.add(module)
                    waiting.append(module)


def _imported_names(tree: ast.Module) -> Iterator[str]:
    """Everything that may be a module: of ``from a import b`` both ``a`` and ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def typing_only_imports(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            found |= set(absolute_imports(ast.Module(body=node.body, type_ignores=[])))
    return found


def test_every_handler_starts_from_its_zip_and_its_environment_alone(
    local: Stacks, service: str, unpacked: Path
) -> None:
    functions = local[service].resources("AWS::Lambda::Function").values()
    assert functions
    for function in functions:
        module, name = function["Handler"].rsplit(".", 1)
        code = f"import importlib; assert callable(getattr(importlib.import_module({module!r}), {name!r}))"
        result = run_isolated(unpacked, code, variables(function))
        assert result.returncode == 0, f"{function['FunctionName']}: {result.stderr}"


def test_every_import_even_a_late_one_is_in_the_zip(service: str, unpacked: Path) -> None:
    wanted: dict[str, str] = {}
    for module, tree in reached_modules(unpacked, service):
        for name in set(absolute_imports(tree)) - typing_only_imports(tree):
            wanted.setdefault(name, module)
    assert {"zebros_core", f"zebros_{service}"} <= set(wanted)
    code = (
        "import importlib.util, json\n"
        f"print(json.dumps([n for n in {sorted(wanted)!r} if importlib.util.find_spec(n) is None]))"
    )
    result = run_isolated(unpacked, code)
    assert result.returncode == 0, result.stderr
    missing = {name: wanted[name] for name in json.loads(result.stdout)}
    assert not missing, f"imported, but not declared in requirements/runtime.in or {service}.in: {missing}"


def test_every_aws_service_that_the_code_names_is_described_in_the_zip(unpacked: Path) -> None:
    named = {
        node.args[0].value
        for _, tree in own_modules(unpacked)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("client", "create_client")
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }
    missing = {name for name in named if not (unpacked / "botocore/data" / name).is_dir()}
    assert not missing, (
        f"add to DEFAULT_AWS_SERVICES of the build plugin, or to custom.build.awsServices: {missing}"
    )


def test_a_laptop_gets_wheels_that_are_compiled_for_its_interpreter_and_whatever_the_time(
    service: str, unpacked: Path
) -> None:
    compiled = unpacked / f"pydantic/__pycache__/main.{sys.implementation.cache_tag}.pyc"
    unchecked_hash = (1).to_bytes(4, "little")
    assert compiled.read_bytes()[4:8] == unchecked_hash, "a copy of another time would be compiled again"


def test_an_undeclared_dependency_is_noticed(unpacked: Path) -> None:
    result = run_isolated(unpacked, "import pytest")
    assert "ModuleNotFoundError" in result.stderr


def test_the_role_table_is_at_the_root_of_the_zip(prod: Stacks, service: str) -> None:
    with zipfile.ZipFile(prod[service].artefact) as archive:
        assert "tenant-admin" in json.loads(archive.read("permissions.json"))["roles"]


def test_native_code_for_aws_is_for_arm_and_for_the_runtime(prod: Stacks, service: str) -> None:
    with zipfile.ZipFile(prod[service].artefact) as archive:
        native = [name for name in archive.namelist() if name.endswith(".so") or ".so." in name]
        assert native
        for name in native:
            header = archive.open(name).read(20)
            assert int.from_bytes(header[18:20], "little") == ELF_AARCH64, name
            assert "cpython-3" not in name or "cpython-313-" in name, name


def test_zips_stay_small_and_hold_no_bytecode(prod: Stacks, service: str) -> None:
    artefact = prod[service].artefact
    with zipfile.ZipFile(artefact) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        unpacked_bytes = sum(item.file_size for item in archive.infolist())
    assert not [name for name in names if name.endswith(".pyc") or name.endswith("/RECORD")]
    assert len(names) == len(set(names))
    megabytes, unpacked_megabytes = MOST_MEGABYTES.get(service, MOST_MEGABYTES[""])
    assert artefact.stat().st_size < megabytes * 1_000_000
    assert unpacked_bytes < unpacked_megabytes * 1_000_000, "a cold start reads what there is"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_same_source_gives_the_same_zip_and_another_source_another(
    prod: Stacks, second_checkout: Path, packaged: Callable[..., Stacks]
) -> None:
    """Elsewhere, with other file times, wheels unpacked again; then the same with one more line."""
    again = packaged(second_checkout, "prod", (SERVICE,))[SERVICE].artefact
    assert digest(again) == digest(prod[SERVICE].artefact)

    with (second_checkout / "services/customers/zebros_customers/__init__.py").open("a") as source:
        source.write("# one more line\n")
    changed = packaged(second_checkout, "prod", (SERVICE,))[SERVICE].artefact
    assert digest(changed) != digest(prod[SERVICE].artefact)
