"""The function ``offboarding`` of each service, invoked by name with a signed context."""

# botocore ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from zebros_auth.domain.ports_tenancy import TenantPage
from zebros_core.errors import ConflictError, UnavailableError
from zebros_core.settings import CoreSettings
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.offboarding import OFFBOARDING_SCOPE, offboarding_function

DOOR_SECONDS: Final = 310
"""How long to wait for a door: longer than its function may run."""


def door_client(core: CoreSettings) -> Any:
    """Return a client of Lambda that waits for slow functions and calls each once: a retry is the machine's."""
    import botocore.session
    from botocore.config import Config

    return botocore.session.get_session().create_client(
        "lambda",
        region_name=core.aws_region,
        endpoint_url=core.aws_endpoint_url or None,
        config=Config(connect_timeout=3, read_timeout=DOOR_SECONDS, retries={"total_max_attempts": 1}),
    )


class LambdaTenantDoors:
    """Calls ``zebros-{service}-{stage}-offboarding``."""

    def __init__(
        self,
        client: Callable[[], Any],
        sign: Callable[[TenantContext, str], str],
        *,
        stage: str,
        services: Sequence[str],
        bucket: str,
    ) -> None:
        """`client` returns the client of Lambda; it is made when first called. `sign` takes context and audience."""
        self._client = client
        self._sign = sign
        self._stage = stage
        self._bucket = bucket
        self.services: tuple[str, ...] = tuple(services)

    def export_page(self, service: str, context: TenantContext, resume: dict[str, Any] | None) -> TenantPage:
        """See `TenantDoors`."""
        return self._page(service, "exportTenant", context, resume)

    def erase_page(self, service: str, context: TenantContext, resume: dict[str, Any] | None) -> TenantPage:
        """See `TenantDoors`."""
        return self._page(service, "eraseTenant", context, resume)

    def location(self, tenant_id: str) -> str:
        """See `TenantDoors`."""
        return f"s3://{self._bucket}/{tenant_id}/offboarding/"

    def _page(
        self, service: str, verb: str, context: TenantContext, resume: dict[str, Any] | None
    ) -> TenantPage:
        from botocore.exceptions import BotoCoreError, ClientError

        function = offboarding_function(service, self._stage)
        caller = replace(context, scopes=frozenset({OFFBOARDING_SCOPE}))
        payload: dict[str, Any] = {"verb": verb, "token": self._sign(caller, function)}
        if resume is not None:
            payload["resume"] = resume
        try:
            answer = self._client().invoke(FunctionName=function, Payload=json.dumps(payload))
            body: dict[str, Any] = json.loads(answer["Payload"].read())
        except (BotoCoreError, ClientError) as error:
            raise UnavailableError(detail=f"The function {function} does not answer.") from error
        if "FunctionError" in answer:
            raise UnavailableError(detail=f"The function {function} failed; its log says why.")
        if "problem" in body:
            raise ConflictError(f"The service {service} refused: {body['problem']['detail']}")
        return TenantPage(body["counts"], body["resume"])
