"""Files to records, from the announcement to the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Tenants = Callable[..., str]
Importers = Callable[..., Any]

ACCOUNTS = "account,sector,office\nAcme,retail,Berlin\nGlobex,,Paris\nHooli,software,\n"
MAP = {"account": "companyName", "sector": "industry", "office": "city"}


@pytest.mark.parametrize("model", ["silo", "bridge", "pool"])
def test_a_file_becomes_records(tenant: Tenants, importer: Importers, model: str) -> None:
    ada, other = importer(tenant(model)), importer(tenant(model))
    job = ada.run("customer", ACCOUNTS, MAP)
    shown = ada.shown(job)
    assert (shown["state"], shown["title"]) == ("succeeded", "Import of customers: table.csv")
    assert ada.counts(job) == (3, 0, 0, 0)
    names = {record["companyName"]: record for record in ada.records("customer")}
    assert names["Acme"]["industry"] == "retail"
    assert names["Acme"]["contactInfo"] == {"address": {"city": "Berlin"}}
    assert names["Hooli"]["contactInfo"] == {}
    assert [(row["row"], row["line"], row["outcome"]) for row in ada.rows(job)] == [
        (1, 2, "created"),
        (2, 3, "created"),
        (3, 4, "created"),
    ]
    assert {row["id"] for row in ada.rows(job)} == {record["customerId"] for record in names.values()}
    assert other.records("customer") == []
    assert other.person.get(f"/v1/imports/{job.id}/rows").status == 404
    assert other.person.post(f"/v1/imports/{job.id}:undo").status == 404
