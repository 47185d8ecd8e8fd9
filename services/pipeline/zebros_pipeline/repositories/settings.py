"""What a tenant has set: its stages and its currencies, a row each. Who has set nothing has the defaults."""

from collections.abc import Mapping
from typing import Any, Final, Generic, Literal, TypeVar

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import TenantStore
from zebros_core.errors import VersionMismatchError
from zebros_core.values import Value
from zebros_pipeline.domain.currencies import CurrenciesDraft, CurrencySettings
from zebros_pipeline.domain.stages import StagesDraft, StageSettings, default_stages
from zebros_pipeline.repositories.keys import LOOKUP_TABLE

_PARTITION: Final = ("settings",)
_FIRST_VERSION: Final = 1

S = TypeVar("S", StageSettings, CurrencySettings)


class SettingsRow(Generic[S]):
    """One row of settings, read strongly and once: a request sees one state of them, however many records it writes."""

    def __init__(self, store: TenantStore, sk: str, model: type[S], default: S) -> None:
        self._lookup = LookupTable(store, LOOKUP_TABLE)
        self._sk = sk
        self._model = model
        self._default = default
        self._known: S | None = None

    def get(self) -> S:
        """Return the settings; the defaults are of version 1."""
        return self.take(self._lookup.get(_PARTITION, self._sk)) if self._known is None else self._known

    @property
    def place(self) -> tuple[tuple[str, ...], str]:
        """Where the row is, for who reads it along with others; `take` is then told what was there."""
        return _PARTITION, self._sk

    def take(self, row: Mapping[str, Any] | None) -> S:
        """Take the row as read, None for one that is not there; return the settings."""
        taken = self._default if row is None else self._model.model_validate(row)
        self._known = taken
        return taken

    def replace(self, draft: Value, *, previous: S) -> S:
        """Store changed settings over those that were read. Raises VersionMismatchError for a lost race."""
        stored = self._model.model_validate({**draft.model_dump(), "version": previous.version + 1})
        first = previous.version == _FIRST_VERSION
        condition: Mapping[str, Any] | Literal["absent"] = (
            "absent" if first else {"version": previous.version}
        )
        row = stored.model_dump(by_alias=True)
        if not self._lookup.put(_PARTITION, self._sk, row, condition=condition):
            self._known = None
            raise VersionMismatchError(self.get().version)
        self._known = stored
        return stored


class StageRepository:
    """One tenant's stages."""

    def __init__(self, store: TenantStore) -> None:
        self.row = SettingsRow(store, "stages", StageSettings, default_stages())

    def get(self) -> StageSettings:
        """Return the stages as they are; read once for a request."""
        return self.row.get()

    def replace(self, draft: StagesDraft, *, previous: StageSettings) -> StageSettings:
        """Store other stages over those that were read. Raises VersionMismatchError for a lost race."""
        return self.row.replace(draft, previous=previous)


class CurrencyRepository:
    """One tenant's currencies; `registered` is the one that it was registered with."""

    def __init__(self, store: TenantStore, *, registered: str) -> None:
        default = CurrencySettings.model_construct(base_currency=registered, rates={})
        self.row = SettingsRow(store, "currencies", CurrencySettings, default)

    def get(self) -> CurrencySettings:
        """Return the currencies as they are; read once for a request."""
        return self.row.get()

    def replace(self, draft: CurrenciesDraft, *, previous: CurrencySettings) -> CurrencySettings:
        """Store other currencies over those that were read. Raises VersionMismatchError for a lost race."""
        return self.row.replace(draft, previous=previous)
