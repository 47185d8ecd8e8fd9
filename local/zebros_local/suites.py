"""Running the test suites, those that need a stack on one of their own.

The stack is started in a temporary folder on free ports and stopped afterwards, so the suites neither see nor
disturb the one that a developer works with. A failure keeps its folder, with the logs.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from zebros_local import keycloak
from zebros_local.bring_up import bring_up
from zebros_local.deploy import emulator_environ
from zebros_local.errors import KeycloakUnavailableError, LocalStackError
from zebros_local.progress import Progress
from zebros_local.settings import CHECKOUT, LocalSettings, ProviderName
from zebros_local.stack import Stack

# pytest's exit status for "no tests were collected".
_NOTHING_COLLECTED = 5


@dataclass(frozen=True)
class Suite:
    """A folder of tests, whether it needs a stack, how many seconds it may take, and who signs its people in."""

    name: str
    needs_stack: bool
    budget_seconds: int
    arguments: tuple[str, ...] = ()
    identity: ProviderName = "stand-in"
    # What `make prove` runs there too.
    proofs: tuple[str, ...] = ()


# A file's tests stay on one worker: what its fixtures made is then made once. Nothing there needs schemathesis, whose
# plugin takes a second to load.
_PLAIN = ("-p", "no:schemathesis")
_TWO_WORKERS = ("-n", "2", "--dist", "loadfile", *_PLAIN)

SUITES = (
    Suite("unit", needs_stack=False, budget_seconds=420, arguments=_TWO_WORKERS),
    Suite("properties", needs_stack=False, budget_seconds=90, arguments=_TWO_WORKERS),
    Suite("contract", needs_stack=True, budget_seconds=240),
    Suite("integration", needs_stack=True, budget_seconds=540),
    # Grouped by the suite itself: the deployed service on one worker, the one in process on the other.
    Suite("isolation", needs_stack=True, budget_seconds=660, arguments=_TWO_WORKERS),
    Suite("e2e", needs_stack=True, budget_seconds=720),
    # Alone, on a stack with the real Keycloak.
    Suite(
        "keycloak",
        needs_stack=True,
        budget_seconds=240,
        arguments=_PLAIN,
        identity="keycloak",
        proofs=("tests/e2e/test_tenants_story.py", "tests/isolation"),
    ),
)
DEPLOY_BUDGET_SECONDS = 180


@dataclass
class Outcome:
    """What ran, for how long, and whether it passed."""

    name: str
    seconds: float
    budget_seconds: int
    passed: bool
    note: str = field(default="")
    ran: bool = True


def run_suites(settings: LocalSettings, names: Sequence[str], *, prove: bool, progress: Progress) -> bool:
    """Run the named suites, or all; True when every one passed."""
    suites = _chosen(names)
    outcomes: list[Outcome] = []
    for suite in (suite for suite in suites if not suite.needs_stack):
        outcomes.append(_run(suite, dict(settings.environ), prove))
    for identity in ("stand-in", "keycloak"):
        on_stack = [suite for suite in suites if suite.needs_stack and suite.identity == identity]
        if on_stack:
            outcomes += _run_on_own_stack(replace(settings, identity=identity), on_stack, prove, progress)
    _report(outcomes)
    return all(outcome.passed for outcome in outcomes)


def _chosen(names: Sequence[str]) -> list[Suite]:
    known = {suite.name: suite for suite in SUITES}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise LocalStackError(f"No suite is called {', '.join(unknown)}; there are {', '.join(known)}.")
    chosen = [suite for suite in SUITES if not names or suite.name in names]
    return [suite for suite in chosen if names or any((CHECKOUT / "tests" / suite.name).rglob("test_*.py"))]


def _run_on_own_stack(
    settings: LocalSettings, suites: list[Suite], prove: bool, progress: Progress
) -> list[Outcome]:
    if settings.identity == "keycloak":
        try:
            keycloak.distribution(settings.environ).prepare(progress)
        except KeycloakUnavailableError as error:
            return [_left_out(suite, str(error), settings.environ) for suite in suites]
    folder = Path(tempfile.mkdtemp(prefix="zebros-test-"))
    own = replace(LocalSettings.from_environ(settings.environ, folder), identity=settings.identity)
    stack = Stack(own, progress)
    outcomes: list[Outcome] = []
    begun = time.monotonic()
    try:
        state = bring_up(stack, progress)
        title = "deploy" if own.identity == "stand-in" else f"deploy with {own.identity}"
        outcomes.append(Outcome(title, time.monotonic() - begun, DEPLOY_BUDGET_SECONDS, passed=True))
        environ = {**emulator_environ(settings.environ, state), "ZEBROS_LOCAL_DIR": str(folder)}
        for suite in suites:
            outcomes.append(_run(suite, environ, prove))
        _report_crashes(stack, outcomes)
    finally:
        stack.down()
    if all(outcome.passed for outcome in outcomes):
        shutil.rmtree(folder)
    else:
        progress.say(f"The stack's logs are kept in {folder / 'logs'}")
    return outcomes


def _left_out(suite: Suite, reason: str, environ: Mapping[str, str]) -> Outcome:
    """A suite that cannot run here is passed over with the reason. In CI that is a failure, unless Maven Central is
    out of reach: else the suite could be missing for months, and everything would look fine."""
    failed = bool(environ.get("CI")) and keycloak.central_answers()
    return Outcome(suite.name, 0.0, suite.budget_seconds, passed=not failed, note=reason, ran=False)


def _report_crashes(stack: Stack, outcomes: list[Outcome]) -> None:
    """A part that died under a suite is a failure, even if every assertion held."""
    for part in stack.status():
        if not part.healthy:
            outcomes.append(
                Outcome(part.title, 0.0, 0, passed=False, note=f"{part.description}\n{part.log_tail}")
            )


def _run(suite: Suite, environ: dict[str, str], prove: bool) -> Outcome:
    command = [sys.executable, "-m", "pytest", f"tests/{suite.name}", "-q", *suite.arguments]
    if prove:
        command += suite.proofs
        environ = {**environ, "HYPOTHESIS_PROFILE": "prove"}
    else:
        command += ["-m", "not prove"]
    Console(stderr=True).rule(f"{suite.name} (up to {suite.budget_seconds} s)", align="left")
    begun = time.monotonic()
    status = subprocess.run(command, cwd=CHECKOUT, env=environ, check=False).returncode
    note = "nothing collected" if status == _NOTHING_COLLECTED else ""
    return Outcome(suite.name, time.monotonic() - begun, suite.budget_seconds, passed=status == 0, note=note)


def _report(outcomes: Sequence[Outcome]) -> None:
    table = Table(title="Suites", title_justify="left")
    for heading in ("suite", "outcome"):
        table.add_column(heading)
    for heading in ("seconds", "budget"):
        table.add_column(heading, justify="right")
    table.add_column("note")
    for outcome in outcomes:
        verdict = "[green]passed[/]" if outcome.passed else "[red]failed[/]"
        if not outcome.ran:
            verdict = "[yellow]skipped[/]" if outcome.passed else "[red]skipped, and must not be[/]"
        over = outcome.budget_seconds and outcome.seconds > outcome.budget_seconds
        note = outcome.note or ("over its budget" if over else "")
        budget = str(outcome.budget_seconds or "")
        table.add_row(outcome.name, verdict, f"{outcome.seconds:.1f}", budget, note)
    Console(stderr=True).print(table)
