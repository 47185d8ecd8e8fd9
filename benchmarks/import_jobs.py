"""Whole imports of customers from CSV, from the request that starts one to the end of its state machine.

The file is uploaded beforehand. `POST :start` goes through the HTTP handler; the states of the machine's definition are
walked in this process, each step is `run_step`, and the customers service's bulk door is called in this process, as
JSON. So what is missing of a stage is the invocation of functions; for that, worker and door share one interpreter.
Waits of the machine count as if they had been waited.

Imports take turns with a loop of BatchWriteItem that writes, for another tenant, the items which that import has left.
Nobody consumes the changes meanwhile. What the consumers take for them is measured afterwards, one consumer after the
other, in batches as the queues have them; on a stage they work side by side, each as several functions.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import boto3

from benchmarks.engines import CHECKOUT, objects
from benchmarks.import_files import COLUMNS, customers
from benchmarks.imports import OF_RAW, for_tenant, left_behind, write_raw
from benchmarks.rows import Row
from benchmarks.world import PREFIX, Caller, World, core_settings
from zebros_activities import settings as activities_settings
from zebros_activities.bootstrap import Container as ActivitiesContainer
from zebros_activities.handlers import events as activities_events
from zebros_core.bulk.retries import Patience
from zebros_core.errors import UnavailableError
from zebros_core.messaging import Consumer, EntityChanged
from zebros_core.messaging.changes import ChangeReader
from zebros_core.settings import CoreSettings
from zebros_core.storage.client import LazyS3Client
from zebros_customers.handlers import events as customers_events
from zebros_customers.handlers.bulk import DOOR as CUSTOMERS_DOOR
from zebros_customers.repositories.keys import CUSTOMERS
from zebros_jobs.bootstrap import PATIENCE_SECONDS, Container
from zebros_jobs.domain.job import JobKind
from zebros_jobs.handlers.routes import ROUTES
from zebros_jobs.settings import Settings
from zebros_jobs.use_cases.imports.files import parameters_of
from zebros_jobs.use_cases.run_job import Deadline
from zebros_jobs.use_cases.run_step import run_step
from zebros_jobs.works import work_of
from zebros_pipeline import settings as pipeline_settings
from zebros_pipeline.bootstrap import Container as PipelineContainer
from zebros_pipeline.handlers import totals as pipeline_totals

# Doors in one process and the walker of definitions are those of the tests.
sys.path.append(str(CHECKOUT / "tests"))
from in_process_doors import InProcessDoors
from state_machine_walk import TaskFailed, walk
from table_changes import queued

TURNS = 4
TURN_ROWS = 1_500
SOON_ROWS = 1_000
SOON_SECONDS = 10.0
WARM_UP_ROWS = 500
DRAINED = 300
AT_ONCE = 10.0
"""Functions that one consumer may have at once (`consumerConcurrency`): with so many times the import's own time for a
change it keeps pace with one import."""
_TRANSFERS = f"{PREFIX}-transfers"
_MACHINE = CHECKOUT / "services/jobs/state_machines/import.asl.json"


def rows(world: World, say: Callable[[str], None]) -> list[Row]:
    """Return the rows of whole imports and of those who consume their changes."""
    with objects(world.engines) as s3_url:
        imports = _Imports(world, s3_url)
        first = world.tenant("csvfirst", "pool")
        imports.carry_out(first, WARM_UP_ROWS)
        say(f"importing {SOON_ROWS:,} customers from CSV")
        soon = imports.carry_out(world.tenant("csvsoon", "pool"), SOON_ROWS)
        say(f"importing {TURNS} times {TURN_ROWS:,} customers from CSV, and writing the same items raw")
        taken, raw, items = _in_turns(world, imports)
    say(f"consuming the changes of {DRAINED:,} imported customers")
    many = TURNS * TURN_ROWS
    return [
        Row(
            f"{SOON_ROWS:,} customers from CSV, from start to the job's end, in process",
            soon,
            SOON_SECONDS,
            "s",
            1.0,
            "the limit",
        ),
        Row(
            "import a customer from CSV, whole jobs in process",
            taken / many * 1000,
            raw / many * 1000,
            "ms",
            OF_RAW,
            f"BatchWriteItem of the same {items / many:g} items",
        ),
        *_drained(world, first, taken / many * 1000),
    ]


def _in_turns(world: World, imports: _Imports) -> tuple[float, float, int]:
    """Return the seconds of the imports and of the loop, and how many items each has written."""
    taken = raw = 0.0
    written = 0
    for turn in range(TURNS):
        ours, theirs = (world.tenant(f"csv{letter}{turn}", "pool") for letter in "ab")
        taken += imports.carry_out(ours, TURN_ROWS)
        items = [for_tenant(item, ours, theirs) for item in left_behind(world, ours)]
        started = time.perf_counter()
        write_raw(world.raw, items)
        raw += time.perf_counter() - started
        written += len(items)
    return taken, raw, written


# -- imports -------------------------------------------------------------------------------------------------------


@dataclass
class _Machines:
    """Takes note of what is started; it is walked by whoever measures."""

    started: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])

    def start(self, kind: JobKind, tenant_id: str, job_id: str, attempt: int) -> None:
        assert kind is JobKind.IMPORT
        self.started.append((tenant_id, job_id, attempt))


class _Imports:
    """The jobs service and the owner's door in this process, over the run's servers."""

    def __init__(self, world: World, s3_url: str) -> None:
        self._world = world
        core = core_settings(world.engines, service="jobs")
        container = world.trusting(Container(Settings(core, transfers_bucket=_TRANSFERS)))
        container.s3 = LazyS3Client(replace(core, aws_endpoint_url=s3_url))
        boto3.client("s3", endpoint_url=s3_url).create_bucket(
            Bucket=_TRANSFERS, CreateBucketConfiguration={"LocationConstraint": core.aws_region}
        )
        doors = InProcessDoors()
        doors.serve(world.container(cached=True), CUSTOMERS_DOOR)
        doors.connect(container)
        patient = container.bulk_doors.patient(Patience(seconds=PATIENCE_SECONDS))
        self._machines = _Machines()
        vars(container).update(bulk_doors=patient, machines=self._machines)
        self._container = container
        self._app = container.http_app(ROUTES)
        self._definition = json.loads(_MACHINE.read_text(encoding="utf-8"))

    def carry_out(self, tenant_id: str, rows: int) -> float:
        """Import a file of so many customers, all of them good, and return the seconds from its start to its end."""
        caller = Caller(self._app, self._world.signing.token(tenant_id))
        content = b"".join(customers(rows, good=True))
        announced = {"entity": "customer", "fileName": "customers.csv", "sizeBytes": len(content)}
        job_id: str = caller.call("POST", "/v1/imports", announced)["job"]["jobId"]
        workspace = self._container.job_workspace(tenant_id, job_id)
        file = parameters_of(workspace.jobs.get(job_id)).file
        workspace.objects("transfers").write(file.key, content, content_type=file.content_type)
        mapping = [{"column": column, "field": target} for column, target in COLUMNS.items()]
        begun = time.perf_counter()
        caller.call("POST", f"/v1/imports/{job_id}:start", {"mapping": mapping})
        ((_, _, attempt),) = self._machines.started
        self._machines.started.clear()
        execution = {"tenantId": tenant_id, "jobId": job_id, "attempt": str(attempt), "turn": 0}
        done = walk(self._definition, execution, self._step)
        seconds = time.perf_counter() - begun + done.waited
        job = caller.call("GET", f"/v1/jobs/{job_id}")
        if (done.states[-1], job["state"], job["result"]["created"]) != ("Done", "succeeded", rows):
            raise RuntimeError(f"the import went wrong: {done.states} {job}")
        return seconds

    def _step(self, state: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        del state
        tenant_id, job_id = parameters["tenantId"], parameters["jobId"]
        workspace = self._container.job_workspace(tenant_id, job_id)
        work = work_of(JobKind(parameters["kind"]))
        try:
            answer = run_step(workspace, work, parameters["step"], job_id, Deadline())
        except UnavailableError as error:
            raise TaskFailed(error.code) from error
        return {"outcome": answer.outcome, "waitSeconds": answer.wait_seconds}


# -- those who consume the changes -----------------------------------------------------------------------------------


def _drained(world: World, tenant_id: str, imported: float) -> list[Row]:
    """Return what each consumer takes for a customer's change, against the `imported` milliseconds of its import."""
    reader = ChangeReader(CUSTOMERS)
    written = (item.item for item in left_behind(world, tenant_id) if item.table.endswith(CUSTOMERS.table))
    records = [
        {"eventName": "INSERT", "dynamodb": {"NewImage": item, "ApproximateCreationDateTime": 0}}
        for item in islice(written, DRAINED)
    ]
    changes = [change for record in records if (change := reader.read(record, None)) is not None]
    assert len(changes) == DRAINED, len(changes)
    return [
        Row(
            f"drain an imported customer's change: {name}",
            _consumed(consumer, changes, batch) / DRAINED * 1000,
            imported,
            "ms",
            AT_ONCE,
            f"its import; {AT_ONCE:g} functions do it at once",
        )
        for name, (consumer, batch) in _consumers(world).items()
    ]


def _consumers(world: World) -> dict[str, tuple[Consumer, int]]:
    """Return who consumes changes of customers, and how many of them each has at once."""

    def core(service: str) -> CoreSettings:
        return core_settings(world.engines, service=service)

    own = world.container(cached=True)
    pipeline = PipelineContainer(pipeline_settings.Settings(core("pipeline")))
    activities = ActivitiesContainer(activities_settings.Settings(core("activities")))
    return {
        "history": (customers_events.consumer(own, "history"), 10),
        "search": (customers_events.consumer(own, "search"), 10),
        "followed up": (customers_events.consumer(own, "followup"), 10),
        "totals": (pipeline_totals.consumer(pipeline), 100),
        "timeline": (activities_events.consumer(activities, "timeline"), 10),
    }


def _consumed(consumer: Consumer, changes: Sequence[EntityChanged], batch: int) -> float:
    seconds = 0.0
    for start in range(0, len(changes), batch):
        event = queued(*changes[start : start + batch], source="zebros.customers")
        started = time.perf_counter()
        answer = consumer.handler(event, None)
        seconds += time.perf_counter() - started
        if answer != {"batchItemFailures": []}:
            raise RuntimeError(f"a consumer refused changes: {answer}")
    return seconds
