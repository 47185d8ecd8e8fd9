"""Applying the realm at a deployment, on request of CloudFormation or of an operator."""

from __future__ import annotations

import json
import logging
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from zebros_auth.realm.admin import KeycloakRealmAdmin
from zebros_auth.realm.desired import load_realm
from zebros_auth.realm.differences import Difference
from zebros_auth.realm.plan import apply, plan

_LOG = logging.getLogger(__name__)

READY_WITHIN_SECONDS = 180.0
"""A new version of Keycloak is starting at the same deployment; CloudFormation waits for us meanwhile."""
ANSWER_WITHIN_SECONDS = 20

# An answer to CloudFormation may have 4 KB.
_REASON_CHARACTERS = 1_500

Answer = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True)
class RealmDeployment:
    """Applies the realm file to the Keycloak behind ``issuer``."""

    issuer: str
    client_id: str
    secret: Callable[[], str]
    environ: Mapping[str, str]

    def run(self, command: str) -> list[Difference]:
        """``plan`` or ``apply``. Raises RealmAdminError, RealmFileError, and ValueError for another command."""
        if command not in ("plan", "apply"):
            raise ValueError(f"no such command: {command!r}")
        secret = self.secret()
        realm = load_realm({**self.environ, "ZEBROS_ADMIN_SECRET": secret})
        self._leave_mail_credentials(realm)
        address = urlsplit(self.issuer)
        admin = KeycloakRealmAdmin(
            f"{address.scheme}://{address.netloc}",
            address.path.rpartition("/")[2],
            self.client_id,
            secret,
        )
        admin.wait_until_ready(READY_WITHIN_SECONDS)
        return (plan if command == "plan" else apply)(realm, admin)

    def _leave_mail_credentials(self, realm: dict[str, Any]) -> None:
        """Keycloak's container is given the mail server's password; where we are not, ours would be empty."""
        if not self.environ.get("ZEBROS_SMTP_PASSWORD"):
            for name in ("user", "password"):
                realm["smtpServer"].pop(name, None)


def answer_cloudformation(
    request: Mapping[str, Any], work: Callable[[], list[Difference]], answer: Answer | None = None
) -> None:
    """Do the work that a custom resource asks for and tell CloudFormation how it went, whatever happens.

    A deletion leaves the realm as it is: its people outlive the stack.
    """
    send = answer or put_answer
    status, reason = "SUCCESS", "nothing to do"
    applied: list[Difference] = []
    if request["RequestType"] != "Delete":
        try:
            applied = work()
        except Exception as error:  # noqa: BLE001 - without an answer CloudFormation waits for an hour
            _LOG.exception("the realm could not be applied")
            status, reason = "FAILED", str(error)[:_REASON_CHARACTERS]
    send(
        str(request["ResponseURL"]),
        {
            "Status": status,
            "Reason": reason,
            "PhysicalResourceId": request.get("PhysicalResourceId") or "realm-zebros",
            "StackId": request["StackId"],
            "RequestId": request["RequestId"],
            "LogicalResourceId": request["LogicalResourceId"],
            "Data": {"Applied": str(len(applied))},
        },
    )


def put_answer(url: str, answer: Mapping[str, Any]) -> None:
    """Put the answer where CloudFormation looks for it. The address is signed and takes no content type."""
    body = json.dumps(answer).encode()
    request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310
    with urllib.request.urlopen(request, timeout=ANSWER_WITHIN_SECONDS):  # noqa: S310 - CloudFormation's own
        return
