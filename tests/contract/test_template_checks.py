"""cfn-lint and checkov over the packaged production templates, both offline."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.contract

Stacks = Mapping[str, Any]
ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements/checkov.lock"
SKIPS = ROOT / "infrastructure/checkov-skips.yml"


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | environment,
        check=False,
    )


@pytest.fixture(scope="session")
def checkov() -> Path:
    """checkov in an environment of its own below `.build/`, made once per lock: its pins contradict ours."""
    folder = ROOT / ".build" / f"checkov-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    command = folder / "bin/checkov"
    if command.exists():
        return command
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert uv, "uv is needed to install checkov: run `make install`"
    shutil.rmtree(folder, ignore_errors=True)
    for step in (
        (uv, "venv", "--quiet", "--python", sys.executable, folder),
        (uv, "pip", "install", "--quiet", "--python", folder, "--require-hashes", "-r", LOCK),
    ):
        result = run(*step)
        assert result.returncode == 0, result.stderr
    return command


def test_cfn_lint_finds_nothing(prod: Stacks, variants: Stacks) -> None:
    """W3005 is ignored: the framework states dependencies that CloudFormation would find itself. So is W1020: a
    policy's own variable, `${!aws:...}`, needs Fn::Sub to pass by the framework, which would resolve it.
    """
    templates = [stack.template_path for stack in (*prod.values(), *variants.values())]
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    result = run(
        cfn_lint, "--ignore-checks", "W3005", "W1020", "--regions", "eu-central-1", "--template", *templates
    )
    assert result.returncode == 0, result.stdout


def test_checkov_finds_nothing_that_has_no_reason(prod: Stacks, variants: Stacks, checkov: Path) -> None:
    stacks = (*prod.values(), variants["closed"])
    files = [argument for stack in stacks for argument in ("--file", stack.template_path)]
    offline = ("--skip-download", "--framework", "cloudformation", "--compact", "--quiet", "--output", "json")
    result = run(checkov, *files, *offline, LOG_LEVEL="ERROR")
    reports = json.loads(result.stdout)
    reports = reports if isinstance(reports, list) else [reports]
    assert sum(report["summary"]["passed"] for report in reports) > 100, (
        "checkov looked at less than there is"
    )
    assert all(report["summary"]["parsing_errors"] == 0 for report in reports)
    failed = [finding for report in reports for finding in report["results"]["failed_checks"]]
    findings = {(finding["check_id"], finding["resource"]) for finding in failed}

    skips = yaml.safe_load(SKIPS.read_text())
    assert all(skip["reason"] for skip in skips)
    excused = {
        (check, resource): skip["check"] + " " + skip["resource"]
        for check, resource in findings
        for skip in skips
        if skip["check"] == check and re.fullmatch(skip["resource"], resource)
    }
    assert findings - set(excused) == set(), "mend it, or give the reason in infrastructure/checkov-skips.yml"
    stated = {skip["check"] + " " + skip["resource"] for skip in skips}
    assert stated == set(excused.values()), "these skips match nothing any more"
