"""Stages and currencies as backups take and bring them: by our own machinery, by the bulk door."""

from __future__ import annotations

from typing import Any

import pytest
from pipeline_in_process import SalesWorld

from zebros_core.bulk.client import BulkDoorClient
from zebros_core.errors import ForbiddenError
from zebros_core.tenancy import TenantContext

Both = tuple[Any, Any]


@pytest.fixture
def door(world: SalesWorld) -> Any:
    def of(person: Any, *, system: bool = True) -> BulkDoorClient:
        context = TenantContext(
            person.tenant,
            "system:backup" if system else person.user,
            roles=frozenset(person.roles),
            isolation=world.pipeline.registry.get(person.tenant).isolation,
        )
        doors = world.customers.bulk_doors
        return (doors.system_door if system else doors.door)("pipeline", context)

    return of


def put(person: Any, path: str, body: dict[str, Any]) -> None:
    present = person.get(path)
    answer = person.put(path, body, If_Match=present.headers["etag"])
    assert answer.status == 200, answer.text


def outcomes(answer: list[dict[str, Any]]) -> list[str]:
    return [outcome["outcome"] for outcome in answer]


def test_stages_and_currencies_are_given_out_and_put_back(both: Both, door: Any) -> None:
    one, two = both
    stages = one.get("/v1/pipeline/stages").body["stages"]
    own = [{**stages[0], "name": "First talk"}, *stages[2:]]
    put(one, "/v1/pipeline/stages", {"stages": own})
    put(one, "/v1/pipeline/currencies", {"baseCurrency": "CHF", "rates": {"EUR": 0.95}})
    kept = list(door(one).settings())
    assert [(item["kind"], item["id"]) for item in kept] == [
        ("stages", "stages"),
        ("currencies", "currencies"),
    ]
    assert outcomes(door(one).put_settings(kept)) == ["unchanged", "unchanged"]
    put(one, "/v1/pipeline/stages", {"stages": stages})
    put(one, "/v1/pipeline/currencies", {"baseCurrency": "USD", "rates": {}})
    assert outcomes(door(one).put_settings(kept)) == ["updated", "updated"]
    assert one.get("/v1/pipeline/stages").body["stages"] == own
    shown = one.get("/v1/pipeline/currencies").body
    assert (shown["baseCurrency"], shown["rates"]) == ("CHF", {"EUR": 0.95})
    assert two.get("/v1/pipeline/stages").body["stages"] == stages


def test_who_has_set_nothing_gives_out_the_defaults(admin: Any, door: Any) -> None:
    kept = list(door(admin).settings())
    assert outcomes(door(admin).put_settings(kept)) == ["unchanged", "unchanged"]
    assert admin.get("/v1/pipeline/stages").body["version"] == 1


def test_a_stage_with_opportunities_does_not_go_for_a_backup_either(admin: Any, door: Any) -> None:
    kept = list(door(admin).settings())
    stages = admin.get("/v1/pipeline/stages").body["stages"]
    put(admin, "/v1/pipeline/stages", {"stages": [{**stages[0], "key": "new", "name": "New"}, *stages]})
    admin.post("/v1/opportunities", {"title": "Deal", "stage": "new"})
    answer = door(admin).put_settings(kept)
    assert outcomes(answer) == ["conflict", "unchanged"]
    assert answer[0]["problem"]["type"].endswith("/stage-in-use")


def test_wrong_values_are_rejected_each_alone(admin: Any, door: Any) -> None:
    stages, currencies = door(admin).settings()
    wrong = [
        {**stages, "value": {"stages": []}},
        {**currencies, "value": {"baseCurrency": "XXX"}},
        {**currencies, "value": {"baseCurrency": "EUR", "rates": {"EUR": 2}}},
        {**stages, "kind": "field"},
    ]
    assert outcomes(door(admin).put_settings([*wrong, stages])) == ["rejected"] * 4 + ["unchanged"]


def test_only_our_machinery_takes_and_brings_settings(both: Both, door: Any) -> None:
    one, _ = both
    with pytest.raises(ForbiddenError):
        list(door(one, system=False).settings())
    with pytest.raises(ForbiddenError):
        door(one, system=False).put_settings(list(door(one).settings()))
