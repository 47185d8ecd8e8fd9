"""Erasures: what is gone afterwards, what is left, and what the certificate says of it."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from callers import Person
from jobs_in_process import carry_out
from personal_traces import Traces

from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.job import JobState

JANE = "jane.roe@example.com"
OTHER = "john.doe@example.com"
Tenants = Callable[..., str]
Ask = Callable[..., str]


@pytest.mark.parametrize("model", ["silo", "bridge", "pool"])
def test_an_erased_person_is_nowhere_and_other_tenants_are_as_before(
    container: Container,
    tenant: Tenants,
    add_jane: Callable[..., str],
    put_file: Callable[..., str],
    ask: Ask,
    person: Callable[..., Person],
    traces: Traces,
    model: str,
) -> None:
    here, elsewhere = tenant(model), tenant(model)
    contact, _ = add_jane(here), add_jane(elsewhere)
    for each in (here, elsewhere):
        put_file(each, "imports/job-1/source.csv", f"name;email\nJane;{JANE}\n".encode())
        put_file(each, "exports/job-2/contacts.jsonl", b'{"firstName": "Jane", "lastName": "Roe"}\n')
        put_file(each, "exports/job-3/contacts.csv", f"email\n{OTHER}\n".encode())
        put_file(each, "reports/job-4/result.json.gz", gzip.compress(b'{"owner": "Jane Roe"}'), "reports")
        put_file(each, "reports/job-4/report.pdf", b"%PDF-1.7 ...", "reports")
        put_file(each, "reports/job-5/report.pdf", b"%PDF-1.7 ...", "reports")
    before = traces.dump(elsewhere)
    job_id = ask(here, "erasure", contactId=contact)
    job = carry_out(container, here, job_id)
    assert (job.state, job.problem) == (JobState.SUCCEEDED, None)
    assert traces.of(here, JANE, "jane roe", "roe jane") == []
    assert traces.dump(elsewhere) == before
    left = [key for key in traces.dump(here) if "transfers" in key or "reports" in key]
    assert sorted(key.split(" ")[1].split("/", 1)[1] for key in left) == [
        "exports/job-3/contacts.csv",
        f"privacy/{job_id}/certificate-key.pem",
        f"privacy/{job_id}/certificate.json",
        f"privacy/{job_id}/certificate.jws",
        f"privacy/{job_id}/certificate.pdf",
        "reports/job-5/report.pdf",
    ]
    said = person(here).get(f"/v1/privacy-requests/{job_id}").body
    assert (said["outcome"], said["subject"]["emails"], said["reason"]) == ("done", [], None)
    assert said["subject"]["contactIds"] == [contact]
    assert person(elsewhere).get(f"/v1/privacy-requests/{job_id}").status == 404
    assert person(elsewhere).get(f"/v1/privacy-requests/{job_id}/certificate").status == 404
