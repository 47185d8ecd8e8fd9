"""``python -m zebros_auth.realm plan|apply``: compare a running Keycloak with ``realm.json``, or make it so.

Exit status: 0 nothing differs, or all was applied; 2 `plan` found differences; 1 it could not be done.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from zebros_auth.realm.admin import KeycloakRealmAdmin, RealmAdminError
from zebros_auth.realm.desired import REALM_FILE, RealmFileError, load_realm
from zebros_auth.realm.plan import apply, plan

DRIFT = 2


def run(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    secret = environ.get(options.secret_env)
    if not secret:
        print(f"{options.secret_env} is not set: the secret of client {options.client}.", file=sys.stderr)  # noqa: T201
        return 1
    try:
        realm = load_realm(environ, options.file)
        admin = KeycloakRealmAdmin(options.url, realm["realm"], options.client, secret, options.sign_in_realm)
        admin.wait_until_ready(options.wait)
        differences = (plan if options.command == "plan" else apply)(realm, admin)
    except (RealmAdminError, RealmFileError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    for difference in differences:
        print(difference)  # noqa: T201
    done = "differ" if options.command == "plan" else "applied"
    print(f"{len(differences)} {done}")  # noqa: T201
    return DRIFT if differences and options.command == "plan" else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m zebros_auth.realm", description=__doc__)
    parser.add_argument("command", choices=("plan", "apply"))
    parser.add_argument("--url", required=True, help="Keycloak's address, as https://auth.example.com")
    parser.add_argument("--client", default="zebros-admin", help="service account that administers the realm")
    parser.add_argument("--sign-in-realm", help="realm of that account, when it is not the realm itself")
    parser.add_argument(
        "--secret-env",
        default="ZEBROS_ADMIN_SECRET",
        help="variable that holds its secret (default: %(default)s)",
    )
    parser.add_argument("--file", type=Path, default=REALM_FILE, help="the wanted realm")
    parser.add_argument("--wait", type=float, default=0.0, help="seconds to wait until Keycloak answers")
    return parser


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], os.environ))
