"""Clients that never repeat a call by themselves: what they send, somebody reads."""

# botocore ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from zebros_core.delivery.errors import DeliveryUncertainError, NotTakenError
from zebros_core.settings import CoreSettings

__all__ = ["code_of", "once_client", "told_apart"]


def once_client(core: CoreSettings, service: str) -> Any:
    """Return a client whose every call is one attempt: a repetition after a timeout could send twice."""
    import botocore.session
    from botocore.config import Config

    return botocore.session.get_session().create_client(
        service,
        region_name=core.aws_region,
        endpoint_url=core.aws_endpoint_url or None,
        config=Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1}),
    )


def code_of(error: Any) -> str:
    """Return the service's code of a ClientError."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def told_apart() -> Generator[None]:
    """Turn what says nothing about the message itself into what is known of it: not taken, or uncertain.

    A ClientError that the caller knows is caught by the caller, inside.
    """
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConnectTimeoutError,
        EndpointConnectionError,
        NoCredentialsError,
    )

    try:
        yield
    except ClientError as error:
        answer: Any = error.response
        status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
        if status < 500:
            raise NotTakenError(detail=f"The message was not taken: {code_of(error)}.") from error
        raise DeliveryUncertainError from error
    except (ConnectTimeoutError, EndpointConnectionError, NoCredentialsError) as error:
        raise NotTakenError(detail="The message service is out of reach.") from error
    except BotoCoreError as error:
        raise DeliveryUncertainError from error
