"""/v1/me/devices, with Amazon SNS's endpoints behind."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest
from callers import Person
from deliveries import deliver, notification

from zebros_auth.adapters.push import SnsPush
from zebros_auth.bootstrap import Container

PATH = "/v1/me/devices"


def phone(token: str = "t-1", name: str = "Phone", platform: str = "fcm") -> dict[str, str]:  # noqa: S107
    return {"platform": platform, "token": token, "name": name}


@pytest.fixture
def sns(container: Container) -> Any:
    """SNS with an application on Google's platform, and none on Apple's."""
    client: Any = boto3.client("sns")
    made = client.create_platform_application(Name="zebros-test", Platform="GCM", Attributes={})
    vars(container.notifying)["push"] = SnsPush(lambda: client, {"fcm": made["PlatformApplicationArn"]})
    yield client
    client.delete_platform_application(PlatformApplicationArn=made["PlatformApplicationArn"])


def endpoints(sns: Any) -> list[dict[str, str]]:
    (application,) = sns.list_platform_applications()["PlatformApplications"]
    arn = application["PlatformApplicationArn"]
    found = sns.list_endpoints_by_platform_application(PlatformApplicationArn=arn)
    return [endpoint["Attributes"] for endpoint in found["Endpoints"]]


def test_a_device_is_registered_listed_and_removed(sns: Any, admin: Person) -> None:
    made = admin.post(PATH, phone())
    assert made.status == 201
    assert made.body["push"] is True
    assert "token" not in made.body
    assert admin.get(PATH).body["items"] == [made.body]
    (endpoint,) = endpoints(sns)
    assert endpoint["CustomUserData"] == f"{admin.tenant}/{admin.user}"
    path = f"{PATH}/{made.body['deviceId']}"
    assert admin.delete(path).status == 204
    assert admin.get(PATH).body == {"items": []}
    assert endpoints(sns) == []
    assert admin.delete(path).status == 404


def test_the_same_token_is_the_same_device(sns: Any, admin: Person) -> None:
    first = admin.post(PATH, phone())
    again = admin.post(PATH, phone(name="Old phone"))
    assert (again.status, again.body["deviceId"]) == (200, first.body["deviceId"])
    assert [item["name"] for item in admin.get(PATH).body["items"]] == ["Old phone"]
    assert len(endpoints(sns)) == 1


def test_a_token_moves_to_whoever_registers_it_last(
    container: Container, sns: Any, person: Callable[..., Person]
) -> None:
    ada, ben = person(), person()
    id = ada.post(PATH, phone()).body["deviceId"]
    assert ben.post(PATH, phone()).status == 201
    assert ada.get(PATH).body == {"items": []}
    assert ada.delete(f"{PATH}/{id}").status == 404
    assert [item["deviceId"] for item in ben.get(PATH).body["items"]] == [id]
    assert endpoints(sns)[0]["CustomUserData"] == f"{ben.tenant}/{ben.user}"
    outcomes = [deliver(container, notification(container, one.tenant, one.user)) for one in (ada, ben)]
    assert outcomes == [["email:off"], ["push:sent", "email:off"]]


def test_a_phone_that_went_to_another_tenant_shows_nothing_of_the_first(
    container: Container, sns: Any, both: tuple[Person, Person]
) -> None:
    mine, theirs = both
    mine.post(PATH, phone())
    theirs.post(PATH, phone())
    # It is in both tenants' tables, since neither sees the other's; the endpoint is the second one's.
    assert deliver(container, notification(container, mine.tenant, mine.user))[0] == "push:pruned"
    assert deliver(container, notification(container, theirs.tenant, theirs.user))[0] == "push:sent"
    assert mine.get(PATH).body == {"items": []}
    mine.post(PATH, phone())
    device = mine.get(PATH).body["items"][0]["deviceId"]
    theirs.post(PATH, phone())
    assert mine.delete(f"{PATH}/{device}").status == 204
    assert endpoints(sns)[0]["CustomUserData"] == f"{theirs.tenant}/{theirs.user}"


def test_an_endpoint_that_is_switched_off_is_pruned_and_comes_back_with_the_next_start(
    container: Container, sns: Any, admin: Person
) -> None:
    admin.post(PATH, phone())
    (application,) = sns.list_platform_applications()["PlatformApplications"]
    listed = sns.list_endpoints_by_platform_application(
        PlatformApplicationArn=application["PlatformApplicationArn"]
    )
    sns.set_endpoint_attributes(
        EndpointArn=listed["Endpoints"][0]["EndpointArn"], Attributes={"Enabled": "false"}
    )
    assert deliver(container, notification(container, admin.tenant, admin.user))[0] == "push:pruned"
    assert admin.post(PATH, phone()).status == 201
    again = notification(container, admin.tenant, admin.user, number=2)
    assert deliver(container, again)[0] == "push:sent"


def test_a_platform_without_application_is_kept_and_not_pushed_to(sns: Any, admin: Person) -> None:
    made = admin.post(PATH, phone(platform="apns"))
    assert (made.status, made.body["push"]) == (201, False)


def test_twenty_devices_are_enough(
    sns: Any, person: Callable[..., Person], tenant: Callable[..., str]
) -> None:
    mine, theirs = person(), person(tenant())
    for number in range(20):
        assert mine.post(PATH, phone(f"t-{number}")).status == 201
    refused = mine.post(PATH, phone("t-20"))
    assert refused.status == 409
    assert refused.body["type"].endswith("too-many-devices")
    assert mine.post(PATH, phone("t-3", "Renamed")).status == 200
    assert theirs.post(PATH, phone("t-20")).status == 201
    assert replace(mine, user="somebody").get(PATH).body == {"items": []}


@pytest.mark.parametrize(
    "body",
    [
        phone(""),
        phone("x" * 4097),
        phone("two words"),
        phone("line\nbreak"),
        phone("emoji-🦓"),
        phone(platform="webpush"),
        {"platform": "fcm", "token": "t"},
        {**phone(), "userId": "somebody-else"},
    ],
)
def test_what_is_no_device_is_refused(sns: Any, admin: Person, body: dict[str, str]) -> None:
    assert admin.post(PATH, body).status == 422
    assert endpoints(sns) == []


def test_the_longest_token_is_taken(sns: Any, admin: Person) -> None:
    assert admin.post(PATH, phone("x" * 4096)).status == 201
