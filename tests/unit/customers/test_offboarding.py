"""A tenant leaves: everything it has is exported and erased, and its neighbour's is as it was, to the byte."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from customers_in_process import SERVICE
from leaving_tenant import EXPORTS, rows_of
from service_in_process import REGION, create_tables

from zebros_core.dynamodb.codec import decode
from zebros_core.dynamodb.whole_tenant import WholeTenant
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy import offboarding as library
from zebros_customers.handlers import offboarding

Both = tuple[Any, Any]
TABLES = ("customers", "contacts", "documents", "customers-lookup")


@pytest.fixture(scope="module")
def s3(container: Any) -> Any:
    client = boto3.client("s3")
    for bucket in (EXPORTS, container.core.failures_bucket):
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    client.put_bucket_versioning(
        Bucket=container.core.documents_bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    container.core = replace(container.core, exports_bucket=EXPORTS)
    return client


@pytest.fixture
def door(container: Any, s3: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(offboarding.DOOR, "_container", lambda: container)
    monkeypatch.setitem(vars(container), "current_registry", container.registry)
    container.audit_trail.events.clear()

    def call(tenant: str, verb: str, *, scopes: Any = (library.OFFBOARDING_SCOPE,), **members: Any) -> Any:
        audience = members.pop("audience", "zebros-customers-test-offboarding")
        token = container.internal_tokens.sign(
            TenantContext(tenant, "root", scopes=frozenset(scopes)), audience=audience
        )
        return offboarding.handler({"verb": verb, "token": token, **members}, None)

    yield call
    container.audit_trail.events.clear()


def leave(container: Any, tenant: str) -> None:
    known = container.registry.get(tenant)
    container.registry.put(replace(known, status="offboarding", epoch=known.epoch + 1))


def table_of(container: Any, tenant: str, base: str) -> str:
    silo = container.registry.get(tenant).isolation == "silo"
    return f"zebros-test-{f't-{tenant}-' if silo else ''}{base}"


def rows(container: Any, tenant: str) -> list[str]:
    """Every stored row of a tenant."""
    return rows_of(container, tenant, TABLES)


def versions(s3: Any, bucket: str, prefix: str) -> list[tuple[str, str]]:
    found = s3.list_object_versions(Bucket=bucket, Prefix=prefix)
    return sorted(
        (entry["Key"], entry["VersionId"])
        for entry in [*found.get("Versions", ()), *found.get("DeleteMarkers", ())]
    )


def settle_in(person: Any, s3: Any, container: Any) -> None:
    """Records of each kind, one of them in the trash, guards, an idempotency record, and objects."""
    documents, failures = container.core.documents_bucket, container.core.failures_bucket
    for number in range(3):
        made = person.post("/v1/customers", {"companyName": f"Firm {number}", "externalId": f"x{number}"})
        person.post("/v1/contacts", {"lastName": f"Doe {number}", "customerId": made.body["customerId"]})
    person.delete(made.headers["location"])
    wish = {"operations": [{"operation": "create", "data": {"lastName": "Repeated"}}]}
    person.post("/v1/contacts:batch", wish, Idempotency_Key="again")
    for content in (b"one", b"two"):
        s3.put_object(Bucket=documents, Key=f"{person.tenant}/customers/C1/documents/D1", Body=content)
    s3.put_object(Bucket=documents, Key=f"{person.tenant}/customers/C1/documents/D2", Body=b"gone")
    s3.delete_object(Bucket=documents, Key=f"{person.tenant}/customers/C1/documents/D2")
    s3.create_multipart_upload(Bucket=documents, Key=f"{person.tenant}/customers/C1/documents/D3")
    s3.put_object(Bucket=failures, Key=f"{person.tenant}/events/customer/C1/1.json", Body=b"{}")
    s3.put_object(Bucket=failures, Key=f"failures/stream/{person.tenant}/2026-03-01/x.json", Body=b"{}")


def run(door: Any, tenant: str, verb: str) -> tuple[dict[str, int], int]:
    """Call until it is done; the counts, and how many calls it took."""
    resume, calls = None, 0
    while True:
        answer = door(tenant, verb, resume=resume)
        calls += 1
        # As the state machine hands it on.
        resume = json.loads(json.dumps(answer["resume"]))
        if answer["done"]:
            return answer["counts"], calls
        assert calls < 200, answer


@pytest.fixture(params=["at once", "step by step"])
def pace(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How far a call comes; a step is one row or one object."""
    if request.param == "step by step":
        monkeypatch.setattr(library, "_ends_at", lambda context: 0.0)
        monkeypatch.setattr(library, "_COPIED_AT_ONCE", 1)
        page = WholeTenant.page

        def short(self: Any, *args: Any, **options: Any) -> Any:
            client = self._client
            scan = lambda **request: client.scan(**request, Limit=2)  # noqa: E731
            self._client = type("Short", (), {"scan": staticmethod(scan)})()
            try:
                return page(self, *args, **options)
            finally:
                self._client = client

        monkeypatch.setattr(WholeTenant, "page", short)
    return request.param


def test_an_export_holds_every_row_of_the_tenant_exactly_and_no_other(
    both: Both, door: Any, container: Any, s3: Any, pace: str
) -> None:
    one, two = both
    for person in both:
        settle_in(person, s3, container)
    counts, calls = run(door, one.tenant, "exportTenant")
    assert (calls > 5) == (pace == "step by step")
    folder = f"{one.tenant}/offboarding/customers/"
    objects = {
        entry["Key"].removeprefix(folder): s3.get_object(Bucket=EXPORTS, Key=entry["Key"])["Body"].read()
        for entry in s3.list_objects_v2(Bucket=EXPORTS, Prefix=f"{one.tenant}/")["Contents"]
    }
    exported = [
        json.dumps([name.rpartition("-")[0], json.loads(line)["Item"]], sort_keys=True)
        for name, body in objects.items()
        if name.endswith(".ndjson.gz")
        for line in gzip.decompress(body).splitlines()
    ]
    stored = [row for row in rows(container, one.tenant) if '"B"' not in row]
    binary = [row for row in rows(container, one.tenant) if '"B"' in row]
    assert sorted(row for row in exported if '"B"' not in row) == stored
    assert len(exported) == len(stored) + len(binary) == sum(counts[table] for table in TABLES)
    copied = {name: body for name, body in objects.items() if name.startswith("objects/")}
    assert copied == {"objects/documents/customers/C1/documents/D1": b"two"}
    assert counts["objects:documents"] == 1
    assert two.tenant not in str(objects)


def test_an_erasure_takes_everything_and_leaves_the_neighbours_as_it_was(
    both: Both, door: Any, container: Any, s3: Any, pace: str
) -> None:
    one, two = both
    for person in both:
        settle_in(person, s3, container)
    buckets = (container.core.documents_bucket, container.core.failures_bucket)
    mine = rows(container, one.tenant)
    theirs = (rows(container, two.tenant), [versions(s3, b, f"{two.tenant}/") for b in buckets])
    leave(container, one.tenant)
    counts, _ = run(door, one.tenant, "eraseTenant")
    assert sum(counts[table] for table in TABLES) == len(mine) > 10
    assert rows(container, one.tenant) == []
    assert [versions(s3, bucket, f"{one.tenant}/") for bucket in buckets] == [[], []]
    assert versions(s3, buckets[1], f"failures/stream/{one.tenant}/") == []
    assert counts["objects:documents"] == 4, "two versions, one more and its deletion"
    uploads = s3.list_multipart_uploads(Bucket=buckets[0]).get("Uploads", ())
    assert not [upload for upload in uploads if upload["Key"].startswith(f"{one.tenant}/")]
    assert (rows(container, two.tenant), [versions(s3, b, f"{two.tenant}/") for b in buckets]) == theirs
    assert len(two.get("/v1/customers").body["items"]) == 2
    again, _ = run(door, one.tenant, "eraseTenant")
    assert set(again.values()) == {0}


def test_the_log_of_the_platform_says_what_left(both: Both, door: Any, container: Any, s3: Any) -> None:
    one, two = both
    one.post("/v1/customers", {"companyName": "Tidewater"})
    two.post("/v1/customers", {"companyName": "Tidewater"})
    leave(container, one.tenant)
    counts, _ = run(door, one.tenant, "exportTenant")
    run(door, one.tenant, "eraseTenant")
    said = [(event.tenant_id, event.actor, event.action) for event in container.audit_trail.events]
    assert said == [("platform", "root", "tenant.exported"), ("platform", "root", "tenant.erased")]
    assert container.audit_trail.events[0].details == {
        "tenant": one.tenant,
        "service": "customers",
        "records": sum(counts[table] for table in TABLES),
        "objects": 0,
    }


def test_only_a_tenant_that_is_leaving_is_erased(both: Both, door: Any, container: Any) -> None:
    one, two = both
    one.post("/v1/customers", {"companyName": "Tidewater"})
    leave(container, two.tenant)
    before = rows(container, one.tenant)
    assert door(one.tenant, "eraseTenant")["problem"]["status"] == 409
    assert rows(container, one.tenant) == before


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"scopes": ()}, 403),
        ({"scopes": ("openid", "internal:bulk")}, 403),
        ({"audience": "zebros-customers-test-bulk"}, 401),
        ({"audience": "zebros-auth-test-offboarding"}, 401),
        ({"resume": {"place": -1}}, 422),
        ({"resume": {"start": {"customerId": 1}}}, 422),
        ({"more": 1}, 422),
    ],
)
def test_the_door_opens_for_offboarding_only(
    both: Both, door: Any, container: Any, members: dict[str, Any], status: int
) -> None:
    one, _ = both
    one.post("/v1/customers", {"companyName": "Tidewater"})
    leave(container, one.tenant)
    before = rows(container, one.tenant)
    assert door(one.tenant, "eraseTenant", **members)["problem"]["status"] == status
    assert rows(container, one.tenant) == before


def test_nobody_is_served_or_derived_for_while_a_tenant_leaves(both: Both, container: Any) -> None:
    one, two = both
    leave(container, one.tenant)
    assert one.get("/v1/customers").body["errors"][0]["code"] == "tenant_offboarding"
    assert (container.keeps_data_of(one.tenant), container.keeps_data_of(two.tenant)) == (False, True)


def test_a_silos_table_that_is_gone_is_empty(tenant: Any, door: Any, container: Any, s3: Any) -> None:
    gone = tenant("silo")
    for base in TABLES:
        container.dynamodb.delete_table(TableName=f"zebros-test-t-{gone}-{base}")
    leave(container, gone)
    counts, _ = run(door, gone, "eraseTenant")
    assert {counts[table] for table in TABLES} == {0}
    create_tables(container.dynamodb, f"zebros-test-t-{gone}", SERVICE)


def test_exported_lines_can_be_read_back(both: Both, door: Any, container: Any, s3: Any) -> None:
    one, _ = both
    one.post("/v1/customers", {"companyName": "Žluťoučký & Söhne"})
    run(door, one.tenant, "exportTenant")
    key = f"{one.tenant}/offboarding/customers/customers-0.ndjson.gz"
    (line,) = gzip.decompress(s3.get_object(Bucket=EXPORTS, Key=key)["Body"].read()).splitlines()
    assert decode(json.loads(line)["Item"])["companyName"] == "Žluťoučký & Söhne"
