"""`zebros logout`, `zebros whoami`."""

from __future__ import annotations

import typer

from zebros.cli.output import JsonFlag, ProfileName, moment, note, print_json, print_record
from zebros.cli.runtime import runtime_of


def logout(ctx: typer.Context, profile: ProfileName = None) -> None:
    """Forget a sign-in, and end it at the identity provider."""
    import httpx

    from zebros.auth.oidc import discover, revoke
    from zebros.errors import SignInError, TransportError

    runtime = runtime_of(ctx)
    store = runtime.store()
    name = runtime.signed_in(profile).name
    # Under the lock, and read again: a renewal by another process rotates the token that is ended here.
    with store.locked(name):
        signed_in = store.load(name)
        if signed_in is not None and signed_in.tokens.refresh_token is not None:
            try:
                with httpx.Client(transport=runtime.transport, timeout=10.0) as http:
                    endpoints = discover(http, signed_in.issuer)
                    token = signed_in.tokens.refresh_token
                    revoke(http, endpoints, client_id=signed_in.client_id, refresh_token=token)
            except (SignInError, TransportError) as error:
                note(f"Forgotten here, but not ended at the identity provider: {error}")
        store.remove(name)
    note(f"Signed out of profile {name}.")


def whoami(ctx: typer.Context, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """Show who is signed in, for which tenant, with which role and team, and until when.

    Renews the token if its time is over. With ZEBROS_TOKEN in the environment, shows what that token says.
    """
    from datetime import UTC, datetime

    from zebros.auth.tokens import claims_of, role_of, roles_of
    from zebros.cli.renewal import ProfileToken
    from zebros.errors import SignInError

    ctx.meta["zebros.json"] = json
    runtime = runtime_of(ctx)
    given = runtime.token_given(profile)
    if given:
        claims = claims_of(given)
        if not claims:
            raise SignInError("ZEBROS_TOKEN does not hold an access token")
        name, api_url, issuer, client = None, runtime.api_url(), claims.get("iss"), None
    else:
        signed_in = runtime.signed_in(profile)
        claims = claims_of(ProfileToken(runtime.store(), signed_in, transport=runtime.transport).token())
        name, api_url, issuer = signed_in.name, signed_in.api_url, signed_in.issuer
        client = signed_in.client_id if signed_in.client_secret is not None else None
    until = claims.get("exp")
    shown = {
        "profile": name,
        "tenant": claims.get("tenant_id"),
        "user": client or claims.get("email") or claims.get("preferred_username") or claims.get("sub"),
        "name": claims.get("name"),
        "userId": claims.get("sub"),
        "role": role_of(claims),
        "team": claims.get("team"),
        "roles": roles_of(claims),
        "api": api_url,
        "issuer": issuer,
        "tokenExpiresAt": moment(datetime.fromtimestamp(until, UTC))
        if isinstance(until, int | float)
        else None,
        "otherProfiles": [each for each in runtime.store().names() if each != name],
    }
    if json:
        print_json(shown)
    else:
        # Keycloak adds roles of its own to everybody's; the one that counts here is shown above.
        print_record((name, value) for name, value in shown.items() if name != "roles")
