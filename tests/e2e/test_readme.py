"""The commands of the README's section on onboarding, typed as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from secrets import token_hex

import pytest
from command_line import Terminal
from company_story import PASSWORD, link_in
from deployed_stack import Deployment
from stand_in import set_password

pytestmark = pytest.mark.e2e

_SECTION = re.compile(r"^## Onboard a company$.*?^```$(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)$", re.MULTILINE)


def told_in(readme: Path, company: str) -> tuple[list[str], list[str]]:
    """Return the section's commands without their comments, and what they print, for a company new to the stack."""
    section = _SECTION.search(readme.read_text(encoding="utf-8"))
    assert section is not None
    told = section[1].replace("cumulus", company)
    commands = [found.partition("   # ")[0].strip() for found in _COMMAND.findall(told)]
    return commands, _COMMAND.sub("", told).strip().splitlines()


def test_a_company_is_onboarded_as_the_readme_says(
    deployment: Deployment, checkout: Path, tmp_path: Path
) -> None:
    company = f"cumulus{token_hex(4)}"
    admin = f"ada.admin@{company}.example"
    terminal = Terminal(deployment, tmp_path)
    printed: list[str] = []
    commands, promised = told_in(checkout / "README.md", company)
    for command in commands:
        if command == "zebros login":
            link = link_in(printed[-1])
            assert link is not None, printed[-1]
            assert not set_password(link, PASSWORD).problem
            printed.append(terminal.sign_in_with_browser(admin, PASSWORD))
        else:
            printed.append(terminal.shell(command))
    lines = "".join(printed).splitlines()
    assert [line for line in promised if line and line not in lines] == []
    assert f"Signed in to {company} as {admin}" in "".join(printed)
    assert "Tidewater Instruments" in terminal.succeed("customers", "list")
    assert terminal.run("tenants", "list").returncode == 8
    assert company in terminal.succeed("tenants", "list", "--all", "--profile", "platform")
