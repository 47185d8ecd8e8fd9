"""The realm, compared with its file and repaired: CloudFormation's custom resource at every deployment, or by hand.

Invoked by an operator with ``{"command": "plan" | "apply"}``, it returns what differs or was repaired.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

from zebros_auth.bootstrap import Container, container
from zebros_auth.realm.deployment import RealmDeployment, answer_cloudformation
from zebros_auth.realm.differences import Difference

_LOG = logging.getLogger(__name__)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Apply the realm, or only compare."""
    del context
    have = container()
    if "ResponseURL" in event:
        answer_cloudformation(event, lambda: _run(have, "apply"))
        return {}
    return {"differences": [str(each) for each in _run(have, str(event.get("command", "plan")))]}


def _run(have: Container, command: str) -> list[Difference]:
    deployment = RealmDeployment(
        have.core.oidc_issuer, have.settings.admin_client, have.admin_secret, os.environ
    )
    differences = deployment.run(command)
    for difference in differences:
        _LOG.warning("realm drift (%s): %s", command, difference)
    have.metrics.emit({"RealmDrift": (len(differences), "Count")})
    return differences
