"""Operations on oneself: permissions, preferences, devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from zebros._replies import Reply
from zebros.calls.call import Call, pages_of, path, post_headers, read_nothing, to_api_names
from zebros.models import Channels, Device, Me, Page, Permission, Preferences

__all__ = ["PreferenceFields"]

PREFERENCES = "/v1/me/preferences"
DEVICES = "/v1/me/devices"


class PreferenceFields(TypedDict, total=False):
    """What may be chosen. `quiet_hours` are `(from, to)` as `HH:MM`, or None for none."""

    language: str
    time_zone: str
    quiet_hours: tuple[str, str] | None
    channels: Mapping[str, Channels | Mapping[str, bool]]


def get() -> Call[Me]:
    return Call("GET", "/v1/me", lambda reply: Me.model_validate(reply.json_object()))


def permissions() -> Call[list[Permission]]:
    def read(reply: Reply) -> list[Permission]:
        return [Permission.model_validate(each) for each in reply.items("items")]

    return Call("GET", "/v1/me/permissions", read)


def preferences() -> Call[Preferences]:
    return Call("GET", PREFERENCES, _read_preferences)


def update_preferences(fields: PreferenceFields) -> Call[Preferences]:
    changes: dict[str, Any] = to_api_names({key: value for key, value in fields.items() if key != "channels"})
    hours = fields.get("quiet_hours")
    if hours is not None:
        changes["quietHours"] = {"from": hours[0], "to": hours[1]}
    if "channels" in fields:
        # The keys are kinds of notification, not names of the API.
        changes["channels"] = {
            kind: chosen.to_json() if isinstance(chosen, Channels) else dict(chosen)
            for kind, chosen in fields["channels"].items()
        }
    headers = {"Content-Type": "application/merge-patch+json"}
    return Call("PATCH", PREFERENCES, _read_preferences, json=changes, headers=headers)


def devices() -> Callable[[str | None], Call[Page[Device]]]:
    return pages_of(_device, DEVICES, {})


def add_device(*, platform: str, token: str, name: str) -> Call[Device]:
    body = {"platform": platform, "token": token, "name": name}
    return Call(
        "POST", DEVICES, lambda reply: _device(reply.json_object()), json=body, headers=post_headers(None)
    )


def remove_device(device_id: str) -> Call[None]:
    return Call("DELETE", path(DEVICES + "/{}", device_id), read_nothing)


def _device(body: dict[str, Any]) -> Device:
    return Device.model_validate(body)


def _read_preferences(reply: Reply) -> Preferences:
    return Preferences.model_validate(reply.json_object())
