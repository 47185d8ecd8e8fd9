"""`zebros login`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zebros.cli.options import examples
from zebros.cli.output import note
from zebros.cli.runtime import Runtime, runtime_of

if TYPE_CHECKING:
    import httpx

    from zebros.auth.oidc import Endpoints
    from zebros.auth.tokens import Tokens

CLIENT_ID = "zebros-cli"
PLATFORM_PROFILE = "platform"

EXAMPLES = examples(
    "zebros login",
    "zebros login --device",
    'printf %s "$SECRET" | zebros login --client-id aurora-erp --client-secret-stdin',
)


def login(
    ctx: typer.Context,
    profile: Annotated[
        str | None, typer.Option("--profile", "-p", help="Name of the sign-in; the tenant's id by default.")
    ] = None,
    api_url: Annotated[
        str | None, typer.Option("--api-url", envvar="ZEBROS_API_URL", show_envvar=True)
    ] = None,
    issuer: Annotated[str | None, typer.Option("--issuer", envvar="ZEBROS_ISSUER", show_envvar=True)] = None,
    device: Annotated[
        bool, typer.Option("--device", help="By a code that is typed in a browser on any device.")
    ] = False,
    browser: Annotated[
        bool | None,
        typer.Option(
            "--browser/--no-browser",
            help="In this machine's browser even if it has to be opened by hand, or open none: only print"
            " an address and a code.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where the browser comes back to; 0 is any free port.")
    ] = 0,
    client_id: Annotated[
        str, typer.Option("--client-id", help="Of an integration, with its secret.")
    ] = CLIENT_ID,
    client_secret: Annotated[
        str | None,
        typer.Option("--client-secret", envvar="ZEBROS_CLIENT_SECRET", help="Shown in process lists."),
    ] = None,
    client_secret_stdin: Annotated[
        bool, typer.Option("--client-secret-stdin", help="Read the secret from standard input.")
    ] = False,
) -> None:
    """Sign in with a browser on this or any other device, or as an integration with a client secret.

    Without options: in the browser where there is one, else by a code for any other device.
    """
    import httpx

    from zebros.auth.oidc import discover
    from zebros.auth.tokens import claims_of, roles_of
    from zebros.cli.endpoints import find_addresses
    from zebros.cli.profiles import Profile
    from zebros.client import checked_base_url
    from zebros.errors import SignInError

    runtime = runtime_of(ctx)
    if device and browser:
        raise typer.BadParameter("cannot be combined with --device", param_hint="--browser")
    if profile:
        runtime.store().check_name(profile)
    given = {"ZEBROS_API_URL": api_url, "ZEBROS_ISSUER": issuer}
    environ = {**runtime.environ, **{name: value for name, value in given.items() if value}}
    addresses = find_addresses(environ, runtime.store().settings(), runtime.folder)
    url = checked_base_url(addresses.api_url)
    secret = _secret(client_secret, from_stdin=client_secret_stdin)
    if secret is not None and (device or browser):
        raise typer.BadParameter("an integration needs no browser", param_hint="--client-secret")
    if secret is None and client_id != CLIENT_ID:
        note("No client secret given: signing in a person with this client.")
    with httpx.Client(transport=runtime.transport, timeout=10.0) as http:
        endpoints = discover(http, addresses.issuer)
        tokens = (
            _with_secret(http, endpoints, client_id, secret)
            if secret is not None
            else _as_person(runtime, http, endpoints, client_id, device=device, browser=browser, port=port)
        )
    claims = claims_of(tokens.access_token)
    tenant = str(claims.get("tenant_id") or "")
    if not tenant and "platform-admin" not in roles_of(claims):
        raise SignInError("this account belongs to no tenant; ask whoever administers yours")
    name = profile or runtime.profile or tenant or PLATFORM_PROFILE
    store = runtime.store()
    made = Profile(name, url, endpoints.issuer, client_id, tokens, client_secret=secret)
    # Under the lock: another process that renews the former sign-in must not write over this one.
    with store.locked(name):
        _mention_other_tenant(runtime, name, tenant)
        store.save(made, make_current=True)
    person = claims.get("email") or claims.get("preferred_username") or claims.get("sub")
    who = client_id if secret is not None else person or client_id
    note(f"Signed in to {tenant or 'the platform'} as {who} (profile {name}).")


def _as_person(
    runtime: Runtime,
    http: httpx.Client,
    endpoints: Endpoints,
    client_id: str,
    *,
    device: bool,
    browser: bool | None,
    port: int,
) -> Tokens:
    """The browser where it was asked for or can be opened, else the code for another device."""
    if browser or (browser is None and not device and runtime.has_browser()):
        by_browser = _with_browser(runtime, http, endpoints, client_id, port=port, must=bool(browser))
        if by_browser is not None:
            return by_browser
    return _with_device(runtime, http, endpoints, client_id, browser=browser is not False)


def _with_browser(
    runtime: Runtime, http: httpx.Client, endpoints: Endpoints, client_id: str, *, port: int, must: bool
) -> Tokens | None:
    """None when it was not asked for and cannot be."""
    from zebros.auth.browser import BrowserSignIn

    if endpoints.authorization is None and not must:
        return None
    with BrowserSignIn(endpoints, client_id=client_id, port=port) as attempt:
        if runtime.open_browser(attempt.url):
            note("Your browser was opened; sign in there. If it was not, open this address:")
        elif must:
            note("Open this address in a browser on this machine:")
        else:
            return None
        note(attempt.url)
        note("Waiting for you to sign in ... (Ctrl+C to stop)")
        return attempt.tokens(http, timeout_seconds=runtime.browser_timeout_seconds)


def _with_device(
    runtime: Runtime, http: httpx.Client, endpoints: Endpoints, client_id: str, *, browser: bool
) -> Tokens:
    from zebros.auth.device import request_device_code, wait_for_tokens

    code = request_device_code(http, endpoints, client_id=client_id)
    note(f"Open  {code.verification_uri_complete}")
    note(f"Code  {code.user_code}")
    if browser and runtime.open_browser(code.verification_uri_complete):
        note("Your browser was opened; sign in there.")
    note("Waiting for you to sign in ... (Ctrl+C to stop)")
    return wait_for_tokens(http, endpoints, code, client_id=client_id, sleep=runtime.sleep)


def _with_secret(http: httpx.Client, endpoints: Endpoints, client_id: str, secret: str) -> Tokens:
    from zebros.auth.oidc import request_tokens

    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return request_tokens(http, endpoints, form)


def _secret(value: str | None, *, from_stdin: bool) -> str | None:
    if not from_stdin:
        return value
    import sys

    secret = sys.stdin.readline().strip()
    if not secret:
        raise typer.BadParameter("standard input is empty", param_hint="--client-secret-stdin")
    return secret


def _mention_other_tenant(runtime: Runtime, name: str, tenant: str) -> None:
    """Say so when the profile was another tenant's: whoever uses its name in scripts should know."""
    from zebros.auth.tokens import claims_of
    from zebros.errors import ConfigurationError

    try:
        former = runtime.store().load(name)
    except ConfigurationError:
        return  # a damaged profile is what this sign-in repairs
    was = claims_of(former.tokens.access_token).get("tenant_id") if former is not None else None
    if was not in {None, tenant}:
        note(f"Profile {name} belonged to tenant {was} and is now of {tenant or 'the platform'}.")
