"""/v1/me/devices: where the caller is notified"""

from zebros_auth.bootstrap import Container
from zebros_auth.domain.device import DeviceDraft
from zebros_auth.domain.errors import TooManyDevicesError
from zebros_auth.handlers.bodies import DeviceBody, DevicesBody
from zebros_auth.use_cases.manage_devices import list_devices, register_device, remove_device
from zebros_core.http import Example, NoQuery, Request, Response, Routes

routes = Routes("me")


@routes.get(
    "/v1/me/devices",
    operation="listMyDevices",
    response=DevicesBody,
    summary="List the caller's devices",
)
def list_(request: Request[Container]) -> Response:
    """All at once: a person has at most 20."""
    found = list_devices(request.services.notifying.devices(request.context))
    return Response(DevicesBody(items=[DeviceBody.of(device) for device in found]))


@routes.post(
    "/v1/me/devices",
    operation="registerMyDevice",
    body=DeviceDraft,
    response=DeviceBody,
    status=201,
    statuses={200: "It was the caller's already; it has the new name now."},
    idempotent="record",
    errors=(TooManyDevicesError,),
    summary="Register a device for notifications",
    examples=(
        Example(
            "phone",
            {"platform": "fcm", "token": "fQ3kPz9vR1:APA91bGq", "name": "Pixel 9"},
            "A phone, with the token that its push service gave the app",
        ),
    ),
)
def register(request: Request[Container, NoQuery, DeviceDraft]) -> Response:
    """To be called at every start of the app. The same token is the same device, and belongs to whoever registered it
    last. Devices that take no messages any more are removed by themselves. The token is never shown.
    """
    device, new = register_device(request.services.notifying.devices(request.context), request.body)
    return Response(DeviceBody.of(device), status=201 if new else 200)


@routes.delete(
    "/v1/me/devices/{deviceId}",
    operation="removeMyDevice",
    status=204,
    summary="Remove one of the caller's devices",
)
def remove(request: Request[Container]) -> Response:
    """Nothing more is sent to it. An app calls this when its user signs out."""
    remove_device(request.services.notifying.devices(request.context), request.path["deviceId"])
    return Response()
