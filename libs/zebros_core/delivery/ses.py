"""Mails by Amazon SES (API version 2)."""

# botocore ships no types: they end here.
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

from collections.abc import Mapping
from email.headerregistry import Address
from typing import Any, Final

from zebros_core.delivery.errors import RefusedError
from zebros_core.delivery.handover import code_of, told_apart

__all__ = ["mail_address", "send_by_ses"]

_REFUSED: Final = frozenset({"MessageRejected", "BadRequestException"})
_NOT_IN_NAMES: Final = str.maketrans(dict.fromkeys('"<>\\\r\n', " "))


def send_by_ses(
    client: Any,
    content: Mapping[str, Any],
    *,
    sender: str,
    to: str,
    tags: Mapping[str, str],
    configuration_set: str = "",
    reply_to: str = "",
) -> str:
    """Hand one mail over, and return SES's id of it.

    `client` is one of `once_client`; `content` is SES's, `Simple` or `Raw`; `sender` is an address as SES takes it. The
    tags come back with whatever is reported of the mail. Raises RefusedError, NotTakenError, DeliveryUncertainError.
    """
    from botocore.exceptions import ClientError

    request: dict[str, Any] = {
        "FromEmailAddress": sender,
        "Destination": {"ToAddresses": [to]},
        "Content": content,
        "EmailTags": [{"Name": name, "Value": value} for name, value in tags.items()],
    }
    if reply_to:
        request["ReplyToAddresses"] = [reply_to]
    if configuration_set:
        request["ConfigurationSetName"] = configuration_set
    with told_apart():
        try:
            return str(client.send_email(**request)["MessageId"])
        except ClientError as error:
            if code_of(error) in _REFUSED:
                raise RefusedError(code_of(error)) from error
            raise


def mail_address(name: str, address: str) -> Address:
    """Return an address with a name, which may hold anything but what ends or begins an address."""
    return Address(display_name=" ".join(name.translate(_NOT_IN_NAMES).split()), addr_spec=address)
