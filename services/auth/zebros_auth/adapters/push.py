"""Pushed messages by Amazon SNS platform endpoints.

A token is known to SNS once per application, whichever tenant's person registered it. So each endpoint carries its
owner, and is asked for it before every message: a phone that changed hands, perhaps to another tenant, shows nothing
of its former owner's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from zebros_auth.domain.device import Platform
from zebros_auth.domain.ports_notifications import EndpointGoneError
from zebros_core.delivery import DeliveryUncertainError, code_of, told_apart
from zebros_core.errors import UnavailableError, ValidationError

_GONE: Final = frozenset(
    {
        "EndpointDisabled",
        "EndpointDisabledException",
        "InvalidParameter",
        "InvalidParameterException",
        "NotFound",
        "NotFoundException",
    }
)
_INVALID: Final = frozenset({"InvalidParameter", "InvalidParameterException"})
# SNS says which endpoint has the token only in this sentence:
# https://docs.aws.amazon.com/sns/latest/dg/mobile-platform-endpoint.html
_TAKEN = re.compile(r"Endpoint (arn:[^\s]+) already exists with the same Token")


class SnsPush:
    """The `PushSender` of a container."""

    def __init__(self, client: Callable[[], Any], applications: Mapping[str, str]) -> None:
        """`client` returns the client of SNS, which may not retry; ``applications`` are ARNs by platform."""
        self._client = client
        self._applications = applications

    def serves(self, platform: Platform) -> bool:
        """See `PushSender`."""
        return platform in self._applications

    def register(self, platform: Platform, token: str, owner: str) -> str | None:
        """See `PushSender`."""
        from botocore.exceptions import ClientError

        application = self._applications.get(platform)
        if application is None:
            return None
        with _in_reach():
            try:
                answer = self._client().create_platform_endpoint(
                    PlatformApplicationArn=application, Token=token, CustomUserData=owner
                )
                address = str(answer["EndpointArn"])
            except ClientError as error:
                taken = _TAKEN.search(str(error))
                if taken is None and code_of(error) in _INVALID:
                    message = "The platform does not know this token."
                    raise ValidationError.for_field("/token", "unknown_token", message) from error
                if taken is None:
                    raise
                address = taken[1]
            # It may be switched off since, or somebody else's until now.
            attributes = {"Enabled": "true", "Token": token, "CustomUserData": owner}
            self._client().set_endpoint_attributes(EndpointArn=address, Attributes=attributes)
        return address

    def forget(self, address: str, owner: str) -> None:
        """See `PushSender`."""
        with _in_reach():
            try:
                self._check(address, owner)
            except EndpointGoneError:
                return
            self._client().delete_endpoint(EndpointArn=address)

    def send(
        self, platform: Platform, address: str, owner: str, *, title: str, data: Mapping[str, str]
    ) -> None:
        """See `PushSender`."""
        from botocore.exceptions import ClientError

        message = {"default": title, **_for(platform, title, data)}
        with told_apart():
            self._check(address, owner)
            try:
                self._client().publish(
                    TargetArn=address, Message=json.dumps(message), MessageStructure="json"
                )
            except ClientError as error:
                if code_of(error) in _GONE:
                    raise EndpointGoneError from error
                raise

    def _check(self, address: str, owner: str) -> None:
        from botocore.exceptions import ClientError

        try:
            attributes = self._client().get_endpoint_attributes(EndpointArn=address)["Attributes"]
        except ClientError as error:
            if code_of(error) in _GONE:
                raise EndpointGoneError from error
            raise
        if attributes.get("CustomUserData") != owner or attributes.get("Enabled") != "true":
            raise EndpointGoneError


@contextmanager
def _in_reach() -> Generator[None]:
    try:
        with told_apart():
            yield
    except DeliveryUncertainError as error:
        raise UnavailableError(detail="The push service does not answer.") from error


def _for(platform: Platform, title: str, data: Mapping[str, str]) -> dict[str, str]:
    """The message in the platform's own form; Apple's test environment takes the same as its real one."""
    if platform is Platform.APNS:
        body = json.dumps({"aps": {"alert": {"body": title}, "sound": "default"}, **data})
        return {"APNS": body, "APNS_SANDBOX": body}
    message = {"notification": {"body": title}, "data": dict(data)}
    return {"GCM": json.dumps({"fcmV1Message": {"message": message}})}
