"""`zebros login`, `logout`, `whoami`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from zebros.cli.output import JsonFlag, ProfileName, note, print_json, print_record
from zebros.cli.runtime import Runtime, runtime_of

if TYPE_CHECKING:
    import httpx

    from zebros.auth.oidc import Endpoints
    from zebros.auth.tokens import Tokens

CLIENT_ID = "zebros-cli"


def login(
    ctx: typer.Context,
    profile: Annotated[
        str | None, typer.Option("--profile", "-p", help="Name of the sign-in; the tenant's id by default.")
    ] = None,
    api_url: Annotated[
        str | None, typer.Option("--api-url", envvar="ZEBROS_API_URL", show_envvar=True)
    ] = None,
    issuer: Annotated[str | None, typer.Option("--issuer", envvar="ZEBROS_ISSUER", show_envvar=True)] = None,
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
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
) -> None:
    """Sign in with a browser on this or any other device, or as an integration with a client secret."""
    import httpx

    from zebros.auth.oidc import discover
    from zebros.auth.tokens import claims_of
    from zebros.cli.endpoints import find_addresses
    from zebros.cli.profiles import Profile
    from zebros.client import checked_base_url
    from zebros.errors import SignInError

    runtime = runtime_of(ctx)
    if profile:
        runtime.store().check_name(profile)
    given = {"ZEBROS_API_URL": api_url, "ZEBROS_ISSUER": issuer}
    environ = {**runtime.environ, **{name: value for name, value in given.items() if value}}
    addresses = find_addresses(environ, runtime.store().settings(), runtime.folder)
    url = checked_base_url(addresses.api_url)
    secret = _secret(client_secret, from_stdin=client_secret_stdin)
    if secret is None and client_id != CLIENT_ID:
        note("No client secret given: signing in a person with this client.")
    with httpx.Client(transport=runtime.transport, timeout=10.0) as http:
        endpoints = discover(http, addresses.issuer)
        tokens = (
            _with_device(runtime, http, endpoints, client_id, browser=not no_browser)
            if secret is None
            else _with_secret(http, endpoints, client_id, secret)
        )
    claims = claims_of(tokens.access_token)
    tenant = str(claims.get("tenant_id") or "")
    if not tenant:
        raise SignInError("this account belongs to no tenant; ask whoever administers yours")
    name = profile or runtime.profile or tenant
    _mention_other_tenant(runtime, name, tenant)
    runtime.store().save(
        Profile(name, url, endpoints.issuer, client_id, tokens, client_secret=secret), make_current=True
    )
    who = claims.get("email") or claims.get("preferred_username") or claims.get("sub") or client_id
    note(f"Signed in to {tenant} as {who} (profile {name}).")


def logout(ctx: typer.Context, profile: ProfileName = None) -> None:
    """Forget a sign-in, and end it at the identity provider."""
    import httpx

    from zebros.auth.oidc import discover, revoke
    from zebros.errors import SignInError, TransportError

    runtime = runtime_of(ctx)
    signed_in = runtime.signed_in(profile)
    if signed_in.tokens.refresh_token is not None:
        try:
            with httpx.Client(transport=runtime.transport, timeout=10.0) as http:
                endpoints = discover(http, signed_in.issuer)
                token = signed_in.tokens.refresh_token
                revoke(http, endpoints, client_id=signed_in.client_id, refresh_token=token)
        except (SignInError, TransportError) as error:
            note(f"Forgotten here, but not ended at the identity provider: {error}")
    runtime.store().remove(signed_in.name)
    note(f"Signed out of profile {signed_in.name}.")


def whoami(ctx: typer.Context, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """Show who is signed in, for which tenant, with which roles. Renews the token if its time is over.

    With ZEBROS_TOKEN in the environment, shows what that token says.
    """
    from datetime import UTC, datetime

    from zebros.auth.tokens import claims_of
    from zebros.cli.renewal import ProfileToken
    from zebros.errors import SignInError

    ctx.meta["zebros.json"] = json
    runtime = runtime_of(ctx)
    given = runtime.token_given(profile)
    if given:
        claims = claims_of(given)
        if not claims:
            raise SignInError("ZEBROS_TOKEN does not hold an access token")
        name, api_url, issuer = None, runtime.api_url(), claims.get("iss")
    else:
        signed_in = runtime.signed_in(profile)
        claims = claims_of(ProfileToken(runtime.store(), signed_in, transport=runtime.transport).token())
        name, api_url, issuer = signed_in.name, signed_in.api_url, signed_in.issuer
    access = cast("dict[str, Any]", claims.get("realm_access") or {})
    roles = [str(role) for role in access.get("roles") or ()]
    until = claims.get("exp")
    shown = {
        "profile": name,
        "tenant": claims.get("tenant_id"),
        "user": claims.get("email") or claims.get("preferred_username") or claims.get("sub"),
        "userId": claims.get("sub"),
        "team": claims.get("team"),
        "roles": roles,
        "api": api_url,
        "issuer": issuer,
        "tokenExpiresAt": datetime.fromtimestamp(until, UTC).isoformat()
        if isinstance(until, int | float)
        else None,
        "otherProfiles": [each for each in runtime.store().names() if each != name],
    }
    if json:
        print_json(shown)
    else:
        print_record(shown.items())


def _secret(value: str | None, *, from_stdin: bool) -> str | None:
    if not from_stdin:
        return value
    import sys

    secret = sys.stdin.readline().strip()
    if not secret:
        raise typer.BadParameter("standard input is empty", param_hint="--client-secret-stdin")
    return secret


def _with_secret(http: httpx.Client, endpoints: Endpoints, client_id: str, secret: str) -> Tokens:
    from zebros.auth.oidc import request_tokens

    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return request_tokens(http, endpoints, form)


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
        note(f"Profile {name} belonged to tenant {was} and is now of {tenant}.")
