"""Devices: one partition of the lookup table for each person, and a guard that knows whose each device is."""

from __future__ import annotations

from typing import Any, Final

from zebros_auth.domain.device import MAX_DEVICES, Device
from zebros_auth.repositories.keys import LOOKUP_TABLE
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import TenantStore
from zebros_core.dynamodb.transaction import TransactionBuilder
from zebros_core.errors import ConflictError

_GUARD: Final = "device"
_MAX_ATTEMPTS: Final = 5


class DeviceRepository:
    """The devices of one tenant's people."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def of(self, user_id: str) -> list[Device]:
        """Return somebody's devices by id. One Query, strongly consistent."""
        # Two registrations at once may go over the limit by one.
        page = self._lookup.query(_parts(user_id), limit=2 * MAX_DEVICES)
        return [_device(user_id, row["sk"], row) for row in page.items]

    def find(self, user_id: str, device_id: str) -> Device | None:
        """Return one of somebody's devices, or None."""
        row = self._lookup.get(_parts(user_id), device_id)
        return None if row is None else _device(user_id, device_id, row)

    def put(self, device: Device) -> None:
        """Store a device as its user's, and take it from whoever had it before.

        Raises ConflictError when several people take it from each other again and again.
        """
        for _ in range(_MAX_ATTEMPTS):
            holder = self._lookup.guarded_id(_GUARD, device.device_id)
            former = holder if holder not in {None, device.user_id} else None
            transaction = TransactionBuilder(self._store)
            transaction.include(
                self._lookup.put_op(_parts(device.user_id), device.device_id, _row(device)),
                self._lookup.put_guard(
                    _GUARD, device.device_id, entity="user", id=device.user_id, former=former
                ),
            )
            if former is not None:
                transaction.include(self._lookup.delete_op(_parts(former), device.device_id))
            try:
                transaction.commit()
            except ConflictError:
                continue
            return
        raise ConflictError("Others register this device at the same time.")

    def remove(self, device: Device) -> None:
        """Forget somebody's device; none there is no error, and one that moved to somebody else stays theirs."""
        row = self._lookup.delete_op(_parts(device.user_id), device.device_id)
        transaction = TransactionBuilder(self._store)
        transaction.include(row, self._lookup.delete_guard(_GUARD, device.device_id, id=device.user_id))
        try:
            transaction.commit()
        except ConflictError:
            self._lookup.delete(_parts(device.user_id), device.device_id)


def _parts(user_id: str) -> tuple[str, str]:
    return "devices", user_id


def _row(device: Device) -> dict[str, Any]:
    return device.model_dump(mode="json", by_alias=True, exclude={"device_id", "user_id"})


def _device(user_id: str, device_id: str, row: dict[str, Any]) -> Device:
    held = {name: value for name, value in row.items() if name != "sk"}
    return Device.model_validate({**held, "deviceId": device_id, "userId": user_id})
