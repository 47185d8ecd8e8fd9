"""From answers to exceptions: problem+json and the gateway's own bodies."""

import importlib
import inspect
from email.utils import formatdate

import httpx
import pytest
from scripted_world import ScriptedApi, problem

import zebros
from zebros import errors
from zebros._replies import etag_version, retry_after_seconds
from zebros.client import Client


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "bad-request", errors.BadRequestError),
        (401, "unauthenticated", errors.UnauthenticatedError),
        (403, "forbidden", errors.ForbiddenError),
        (404, "not-found", errors.NotFoundError),
        (409, "conflict", errors.ConflictError),
        (409, "duplicate", errors.DuplicateError),
        (412, "version-mismatch", errors.VersionConflictError),
        (413, "payload-too-large", errors.PayloadTooLargeError),
        (415, "unsupported-media-type", errors.UnsupportedMediaTypeError),
        (422, "validation-failed", errors.ValidationError),
        (422, "idempotency-key-reused", errors.IdempotencyKeyReusedError),
        (428, "precondition-required", errors.PreconditionRequiredError),
        (500, "internal", errors.ServerError),
        (418, "teapot", errors.ApiError),
    ],
)
def test_problems_become_typed_errors(
    client: Client, api: ScriptedApi, status: int, code: str, kind: type[errors.ApiError]
) -> None:
    api.answers = [problem(status, code, detail="what happened", requestId="r-1")]
    with pytest.raises(errors.ApiError) as caught:
        client.customers.get("c1")
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.code) == (status, code)
    assert str(caught.value) == "what happened"
    assert caught.value.request_id == "r-1"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"message": "Unauthorized"}, errors.UnauthenticatedError),
        (403, {"message": "Forbidden"}, errors.ForbiddenError),
        (404, {"message": "Not Found"}, errors.NotFoundError),
        (413, {"message": "Request Entity Too Large"}, errors.PayloadTooLargeError),
        (429, {"message": "Too Many Requests"}, errors.RateLimitedError),
        (500, {"message": "Internal Server Error"}, errors.ServerError),
        (503, {"message": "Service Unavailable"}, errors.UnavailableError),
    ],
)
def test_the_gateways_bodies_become_the_same_errors(
    client: Client, api: ScriptedApi, status: int, body: dict[str, str], kind: type[errors.ApiError]
) -> None:
    api.answers = [httpx.Response(status, json=body, headers={"apigw-requestid": "gw-1"})]
    with pytest.raises(errors.ApiError) as caught:
        client.customers.get("c1")
    assert type(caught.value) is kind
    assert caught.value.problem.from_gateway
    assert caught.value.request_id == "gw-1"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"\xff\xfe", b'"text"', b"null"])
def test_an_unreadable_error_body_still_gives_the_typed_error(
    client: Client, api: ScriptedApi, body: bytes
) -> None:
    api.answers = [httpx.Response(404, content=body)]
    with pytest.raises(errors.NotFoundError):
        client.customers.get("c1")


def test_fields_at_fault_are_listed(client: Client, api: ScriptedApi) -> None:
    fault = {"field": "/contactInfo/email", "code": "email", "message": "not an address"}
    api.answers = [problem(422, "validation-failed", errors=[fault, "nonsense"])]
    with pytest.raises(errors.ValidationError) as caught:
        client.customers.create(company_name="Acme", contact_info={"email": "x"})
    assert list(caught.value.errors) == [errors.FieldError("/contactInfo/email", "email", "not an address")]


def test_a_duplicate_names_the_record(client: Client, api: ScriptedApi) -> None:
    record = {"entity": "customer", "id": "c9", "match": "name"}
    api.answers = [problem(409, "duplicate", records=[record])]
    with pytest.raises(errors.DuplicateError) as caught:
        client.customers.create(company_name="Acme")
    assert caught.value.duplicates == (errors.DuplicateRecord("customer", "c9", "name"),)


@pytest.mark.parametrize("said", ["body", "etag"])
def test_a_version_conflict_gives_the_current_version(client: Client, api: ScriptedApi, said: str) -> None:
    answer = problem(412, "version-mismatch", **({"currentVersion": 9} if said == "body" else {}))
    if said == "etag":
        answer.headers["etag"] = '"9"'
    api.answers = [answer]
    with pytest.raises(errors.VersionConflictError) as caught:
        client.customers.patch("c1", {"tier": "gold"}, version=3)
    assert caught.value.current_version == 9


@pytest.mark.parametrize(
    ("value", "seconds"), [(None, None), ("", None), ("12", 12.0), ("soon", None), (formatdate(1000), 40.0)]
)
def test_retry_after_is_read_as_seconds_or_date(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, now=960.0) == seconds


@pytest.mark.parametrize(
    ("value", "version"), [('"7"', 7), ('W/"7"', 7), ("7", None), ('"abc"', None), (None, None)]
)
def test_an_etag_is_a_version(value: str | None, version: int | None) -> None:
    assert etag_version(value) == version


def test_every_error_is_exported_and_drawn_in_the_tree() -> None:
    defined = {
        name
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.ZebrosError) and kind.__module__ == errors.__name__
    }
    assert defined <= set(errors.__all__)
    assert all(name in (errors.__doc__ or "") for name in defined)


def test_everything_that_the_package_exports_can_be_imported() -> None:
    for name in zebros.__all__:
        assert getattr(zebros, name) is not None
    with pytest.raises(AttributeError):
        importlib.import_module("zebros").__getattr__("nothing")


@pytest.mark.parametrize("url", ["", "api.test", "ftp://api.test", "file:///etc"])
def test_an_api_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(errors.ConfigurationError, match="https://"):
        Client(url, token="t")


@pytest.mark.parametrize("bad", ["", ".", ".."])
def test_an_id_that_would_leave_its_path_is_refused(client: Client, bad: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        client.customers.get(bad)


def test_ids_are_encoded_into_their_segment(client: Client, api: ScriptedApi) -> None:
    api.answers = [httpx.Response(200, json={"customerId": "c", "companyName": "A"})]
    client.customers.get("../contacts/1?x=#")
    assert api.requests[0].url.raw_path == b"/v1/customers/..%2Fcontacts%2F1%3Fx%3D%23"
