"""Data keys of AWS KMS. Each is bound to its tenant: the key service opens it for no other."""

# botocore ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final

from zebros_core.dynamodb.client import error_code
from zebros_core.errors import UnavailableError
from zebros_jobs.domain.backups.errors import BackupDamagedError
from zebros_jobs.domain.backups.ports import DataKey

__all__ = ["KmsDataKeys"]

_NOT_THIS_KEYS: Final = frozenset(
    {"InvalidCiphertextException", "IncorrectKeyException", "ValidationException", "ValidationError"}
)


class KmsDataKeys:
    """Keys made and opened by one symmetric key of KMS; `key_id` is its id, ARN or alias.

    The encryption context is exactly ``{"tenantId": …, "purpose": "backup"}``, which the policies of the roles name.
    """

    def __init__(self, client: Callable[[], Any], key_id: str) -> None:
        """`client` makes the client of KMS; it is called when the first key is needed."""
        self._make = client
        self._key_id = key_id

    @cached_property
    def _client(self) -> Any:
        return self._make()

    def new(self, tenant_id: str) -> DataKey:
        """Make a key. Raises UnavailableError."""
        with _unavailable():
            answer = self._client.generate_data_key(
                KeyId=self._key_id, KeySpec="AES_256", EncryptionContext=_context(tenant_id)
            )
        return DataKey(bytes(answer["Plaintext"]), bytes(answer["CiphertextBlob"]))

    def open(self, tenant_id: str, wrapped: bytes) -> DataKey:
        """Open a kept key. Raises UnavailableError, BackupDamagedError for one that is not this tenant's."""
        with _unavailable():
            answer = self._client.decrypt(
                KeyId=self._key_id, CiphertextBlob=wrapped, EncryptionContext=_context(tenant_id)
            )
        return DataKey(bytes(answer["Plaintext"]), wrapped)


def _context(tenant_id: str) -> dict[str, str]:
    return {"tenantId": tenant_id, "purpose": "backup"}


@contextmanager
def _unavailable() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if error_code(error) in _NOT_THIS_KEYS:
            raise BackupDamagedError from error
        raise UnavailableError(detail="The key of backups cannot be used at the moment.") from error
    except BotoCoreError as error:
        raise UnavailableError(detail="The key of backups cannot be used at the moment.") from error
