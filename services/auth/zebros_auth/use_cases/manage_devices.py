"""Register, list and remove the caller's own devices."""

from __future__ import annotations

from dataclasses import dataclass

from zebros_auth.domain.device import MAX_DEVICES, Device, DeviceDraft, device_id
from zebros_auth.domain.errors import TooManyDevicesError
from zebros_auth.domain.ports_notifications import PushSender
from zebros_auth.repositories.devices import DeviceRepository
from zebros_core.clock import Clock
from zebros_core.errors import NotFoundError
from zebros_core.tenancy import TenantContext


@dataclass(frozen=True, slots=True)
class DeviceDesk:
    """What the use cases of devices work with. Made for each request by the composition root."""

    context: TenantContext
    devices: DeviceRepository
    push: PushSender
    clock: Clock

    @property
    def owner(self) -> str:
        """Who reaches the caller's devices, as the push service keeps it."""
        return endpoint_owner(self.context.tenant_id, self.context.user_id)


def endpoint_owner(tenant_id: str, user_id: str) -> str:
    """Return tenant and person as one text: the push service knows a device's token, but not our tenants."""
    return f"{tenant_id}/{user_id}"


def register_device(desk: DeviceDesk, draft: DeviceDraft) -> tuple[Device, bool]:
    """Register a device as the caller's; also return whether it is new to them.

    A token that is registered already gets the new name; one of somebody else of the tenant moves to the caller.
    Raises TooManyDevicesError, ValidationError for a token that the platform does not know, UnavailableError.
    """
    user_id = desk.context.user_id
    id = device_id(desk.context.tenant_id, draft.platform, draft.token)
    known = desk.devices.find(user_id, id)
    if known is None and len(desk.devices.of(user_id)) >= MAX_DEVICES:
        raise TooManyDevicesError(MAX_DEVICES)
    now = desk.clock.now()
    device = Device(
        device_id=id,
        user_id=user_id,
        platform=draft.platform,
        token=draft.token,
        name=draft.name,
        address=desk.push.register(draft.platform, draft.token, desk.owner),
        created_at=known.created_at if known else now,
        updated_at=now,
    )
    desk.devices.put(device)
    return device, known is None


def list_devices(desk: DeviceDesk) -> list[Device]:
    """Return the caller's devices by id."""
    return desk.devices.of(desk.context.user_id)


def remove_device(desk: DeviceDesk, id: str) -> None:
    """Forget one of the caller's devices. Raises NotFoundError, UnavailableError."""
    device = desk.devices.find(desk.context.user_id, id)
    if device is None:
        raise NotFoundError("device", id)
    # First where messages are sent from: an address that nobody knows any more could not be removed later.
    if device.address is not None:
        desk.push.forget(device.address, desk.owner)
    desk.devices.remove(device)
