"""The stacks that the compose file names, and a fingerprint of what a deployment is made from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import yaml

from zebros_local.errors import LocalStackError
from zebros_local.settings import STAGE

COMPOSE_FILE = "serverless-compose.yml"

# Changing one of these changes no deployment.
_NOT_DEPLOYED_FOLDERS = frozenset({"__pycache__", ".serverless", "tests", "contracts", "node_modules"})
_NOT_DEPLOYED_SUFFIXES = frozenset({".md", ".pyc"})


@dataclass(frozen=True)
class Service:
    """One stack: its name in the compose file and its folder below the checkout."""

    name: str
    folder: Path

    @property
    def stack_name(self) -> str:
        return f"zebros-{self.name}-{STAGE}"


def load_services(checkout: Path) -> list[Service]:
    """Every service of the compose file, each after those that it depends on."""
    path = checkout / COMPOSE_FILE
    declared = yaml.safe_load(path.read_text())["services"]
    graph: dict[str, set[str]] = {}
    for name, spec in declared.items():
        needs = spec.get("dependsOn") or []
        graph[name] = {needs} if isinstance(needs, str) else set(needs)
    try:
        ordered = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise LocalStackError(
            f"{COMPOSE_FILE}: services depend on each other in a circle: {error.args[1]}"
        ) from error
    missing = [name for name in ordered if name not in declared]
    if missing:
        raise LocalStackError(
            f"{COMPOSE_FILE}: dependsOn names {', '.join(missing)}, which it does not declare"
        )
    return [Service(name, checkout / declared[name]["path"]) for name in ordered]


def find_service(services: list[Service], name: str) -> Service:
    for service in services:
        if service.name == name:
            return service
    known = ", ".join(service.name for service in services)
    raise LocalStackError(f"No service is called {name!r}; {COMPOSE_FILE} has {known}.")


def fingerprint(checkout: Path, service: Service, parameters: Mapping[str, str]) -> str:
    """Hash what a deployment is made from: the service's sources, shared ones, the stage's parameters.

    Two equal fingerprints deploy the same thing; documents, tests and build output do not count.
    """
    digest = hashlib.sha256()
    for name, value in sorted(parameters.items()):
        digest.update(f"{name}={value}\0".encode())
    for path in sorted(_sources(checkout, service)):
        digest.update(f"{path.relative_to(checkout).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources(checkout: Path, service: Service) -> Iterator[Path]:
    folders = {service.folder, checkout / "infrastructure"}
    if any(service.folder.glob("zebros_*/__init__.py")):
        folders.add(checkout / "libs" / "zebros_core")
    for folder in folders:
        yield from _files(folder)
    for name in ("requirements/runtime.lock", "package-lock.json", COMPOSE_FILE):
        yield checkout / name
    own_lock = checkout / "requirements" / f"{service.name}.lock"
    if own_lock.exists():
        yield own_lock


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir():
            if path.name not in _NOT_DEPLOYED_FOLDERS:
                yield from _files(path)
        elif path.suffix not in _NOT_DEPLOYED_SUFFIXES:
            yield path
