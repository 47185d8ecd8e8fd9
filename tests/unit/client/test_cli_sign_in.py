"""`zebros login`, `logout`, `whoami`, and the files that a sign-in leaves."""

from __future__ import annotations

import json
import time
from pathlib import Path

import httpx
import pytest
from identity_provider import IdentityProvider
from scripted_world import API, ISSUER, World, access_token


def test_the_device_flow_shows_address_and_code_and_waits(world: World, provider: IdentityProvider) -> None:
    provider.polls = ["authorization_pending", "slow_down", "authorization_pending"]
    result = world.run("login")
    assert result.exit_code == 0, result.stderr
    assert "https://id.test/device?user_code=WXYZ-1234" in result.stderr
    assert "WXYZ-1234" in result.stderr
    assert "Signed in to aurora as ada@aurora.example (profile aurora)." in result.stderr
    assert world.waits == [5, 5, 10, 10]
    assert world.opened == ["https://id.test/device?user_code=WXYZ-1234"]
    assert provider.forms[0][1]["client_id"] == "zebros-cli"


def test_no_browser_opens_none(world: World, provider: IdentityProvider) -> None:
    world.run("login", "--no-browser")
    assert world.opened == []


@pytest.mark.parametrize(
    ("polls", "message"),
    [
        (["access_denied"], "refused in the browser"),
        (["authorization_pending"] * 99, "code expired"),
        (["expired_token"], "expired_token"),
    ],
)
def test_a_sign_in_that_fails_leaves_no_profile(
    world: World, provider: IdentityProvider, polls: list[str], message: str
) -> None:
    provider.polls = polls
    result = world.run("login")
    assert result.exit_code == 3
    assert message in result.stderr
    assert not list(world.folder.rglob("*.json"))


def test_each_tenant_has_its_own_profile_and_the_last_one_is_current(
    world: World, provider: IdentityProvider
) -> None:
    world.run("login")
    provider.tenant = "borealis"
    world.run("login")
    assert json.loads(world.run("whoami", "--json").stdout)["tenant"] == "borealis"
    other = json.loads(world.run("--profile", "aurora", "whoami", "--json").stdout)
    assert (other["tenant"], other["otherProfiles"], other["team"]) == ("aurora", ["borealis"], "north")
    assert json.loads(world.run("whoami", "-p", "aurora", "--json").stdout)["tenant"] == "aurora"
    world.environ["ZEBROS_PROFILE"] = "aurora"
    assert json.loads(world.run("whoami", "--json").stdout)["tenant"] == "aurora"


def test_an_integration_signs_in_with_a_secret_from_standard_input(
    world: World, provider: IdentityProvider
) -> None:
    result = world.run(
        "login", "--client-id", "aurora-integration", "--client-secret-stdin", stdin="s3cret\n"
    )
    assert result.exit_code == 0, result.stderr
    assert provider.forms == [
        (
            "token",
            {
                "grant_type": "client_credentials",
                "client_id": "aurora-integration",
                "client_secret": "s3cret",
            },
        )
    ]
    assert "s3cret" not in result.output
    # Its own id, rather than the user's whom its changes are recorded under.
    assert "as aurora-integration" in result.stderr
    assert json.loads(world.run("whoami", "--json").stdout)["user"] == "aurora-integration"


def test_a_wrong_secret_is_not_signed_in(world: World, provider: IdentityProvider) -> None:
    result = world.run("login", "--client-id", "i", "--client-secret", "wrong")
    assert result.exit_code == 3
    assert "invalid_client" in result.stderr


def test_an_account_without_a_tenant_is_refused(world: World, provider: IdentityProvider) -> None:
    provider.tenant = ""
    result = world.run("login")
    assert result.exit_code == 3
    assert "no tenant" in result.stderr


def test_a_provider_without_device_flow_says_what_to_use(world: World, provider: IdentityProvider) -> None:
    provider.device = False
    result = world.run("login")
    assert result.exit_code == 3
    assert "--client-id" in result.stderr


def test_an_expired_token_is_renewed_and_the_rotated_pair_is_kept(
    world: World, provider: IdentityProvider
) -> None:
    provider.lifetime = 1
    world.run("login")
    provider.lifetime = 300
    assert world.run("customers", "list").exit_code == 0
    assert [form["refresh_token"] for path, form in provider.forms if "refresh_token" in form] == ["r1"]
    kept = json.loads((world.config / "profiles" / "aurora.json").read_text())["tokens"]
    assert kept["refresh_token"] == "r2"
    assert kept["expires_at"] > time.time() + 200
    world.run("customers", "list")
    assert provider.issued == 2


def test_a_token_that_the_api_rejects_is_renewed_once(world: World, provider: IdentityProvider) -> None:
    world.run("login")
    provider.accepted = set()
    assert world.run("customers", "list").exit_code == 0
    assert provider.issued == 2


def test_a_sign_in_that_has_ended_says_so(world: World, provider: IdentityProvider) -> None:
    provider.lifetime, provider.refuse_refresh = 1, True
    world.run("login")
    result = world.run("customers", "list")
    assert result.exit_code == 3
    assert "the sign-in of profile 'aurora' has ended" in result.stderr
    assert "zebros login" in result.stderr


def test_an_integrations_token_is_renewed_with_its_secret(world: World, provider: IdentityProvider) -> None:
    provider.lifetime = 1
    world.run("login", "--client-id", "i", "--client-secret", "s3cret")
    assert world.run("customers", "list").exit_code == 0
    assert provider.issued == 2


def test_logout_ends_the_sign_in_here_and_there(world: World, provider: IdentityProvider) -> None:
    world.run("login")
    result = world.run("logout")
    assert result.exit_code == 0
    path, form = provider.forms[-1]
    assert (path, form["token"]) == ("revoke", "r1")
    assert not (world.config / "profiles" / "aurora.json").exists()
    assert world.run("whoami").exit_code == 3


def test_logout_forgets_even_when_the_provider_is_down(world: World, provider: IdentityProvider) -> None:
    world.run("login")
    world.respond = lambda request: httpx.Response(503)
    result = world.run("logout")
    assert result.exit_code == 0
    assert "not ended at the identity provider" in result.stderr
    assert not (world.config / "profiles" / "aurora.json").exists()


def test_nobody_signed_in_says_what_to_do(world: World, provider: IdentityProvider) -> None:
    for command in (["whoami"], ["customers", "list"], ["logout"]):
        result = world.run(*command)
        assert result.exit_code == 3
        assert "zebros login" in result.stderr


def test_whoami_shows_the_token_in_the_environment_unless_a_profile_is_named(
    world: World, provider: IdentityProvider
) -> None:
    world.run("login")
    world.environ["ZEBROS_TOKEN"] = access_token("borealis", subject="script")
    shown = json.loads(world.run("whoami", "--json").stdout)
    assert (shown["tenant"], shown["userId"], shown["profile"]) == ("borealis", "script", None)
    assert (shown["api"], shown["otherProfiles"]) == (API, ["aurora"])
    named = json.loads(world.run("whoami", "--json", "--profile", "aurora").stdout)
    assert (named["tenant"], named["profile"]) == ("aurora", "aurora")
    world.environ["ZEBROS_TOKEN"] = "no token"
    assert world.run("whoami").exit_code == 3


def test_an_unknown_profile_names_those_that_exist(world: World, provider: IdentityProvider) -> None:
    world.run("login")
    result = world.run("customers", "list", "--profile", "other")
    assert result.exit_code == 3
    assert "there are: aurora" in result.stderr


@pytest.mark.parametrize("name", ["../evil", "a/b", "", ".hidden"])
def test_a_profiles_name_cannot_leave_its_folder(world: World, provider: IdentityProvider, name: str) -> None:
    result = world.run("login", "--profile", name)
    assert result.exit_code == (0 if name == "" else 2)
    assert {path.name for path in world.folder.iterdir()} <= {"config"}
    assert bool(provider.forms) == (name == "")


def test_a_profile_that_changes_tenants_says_so(world: World, provider: IdentityProvider) -> None:
    world.run("login", "--profile", "work")
    provider.tenant = "borealis"
    assert "belonged to tenant aurora" in world.run("login", "--profile", "work").stderr


def test_a_damaged_profile_is_named(world: World, provider: IdentityProvider) -> None:
    world.run("login")
    (world.config / "profiles" / "aurora.json").write_text("{")
    result = world.run("whoami")
    assert result.exit_code == 2
    assert "aurora.json is damaged" in result.stderr
    assert world.run("login", "--profile", "aurora").exit_code == 0
    assert world.run("whoami").exit_code == 0


def test_the_local_stack_is_found_from_a_folder_below_its_checkout(
    world: World, provider: IdentityProvider
) -> None:
    del world.environ["ZEBROS_API_URL"], world.environ["ZEBROS_ISSUER"]
    state = world.folder / ".local" / "state.json"
    state.parent.mkdir()
    state.write_text(json.dumps({"emulator_port": 1, "addresses": {"apiUrl": API, "issuer": ISSUER}}))
    below = world.folder / "a" / "b"
    below.mkdir(parents=True)
    root, world.folder = world.folder, below
    assert world.run("login").exit_code == 0
    world.folder = root
    assert json.loads(world.run("whoami", "--json").stdout)["api"] == API


def test_without_addresses_login_says_how_to_give_them(world: World, provider: IdentityProvider) -> None:
    del world.environ["ZEBROS_API_URL"], world.environ["ZEBROS_ISSUER"]
    result = world.run("login")
    assert result.exit_code == 2
    assert "--api-url" in result.stderr
    assert "make up" in result.stderr


def test_xdg_decides_where_profiles_are(world: World, provider: IdentityProvider, tmp_path: Path) -> None:
    world.environ["XDG_CONFIG_HOME"] = "relative/is/ignored"
    world.environ["HOME"] = str(tmp_path / "home")
    world.run("login")
    assert (tmp_path / "home" / ".config" / "zebros" / "profiles" / "aurora.json").exists()
