"""Tasks run as processes: each once, within its bounds, heard, stopped, and found again after either side died."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from zebros_local.tasks.claims import Claims
from zebros_local.tasks.cluster import ClusterAwayError, LogEvent
from zebros_local.tasks.images import Image, ImageError
from zebros_local.tasks.orders import MEGABYTE, LogStream, TaskOrder
from zebros_local.tasks.runner import TaskRunner
from zebros_local.tasks.system import beginning_of

STREAM = LogStream("/zebros/local/jobs", "jobs/worker/one")
SLEEP = "import time; print('begun', flush=True); time.sleep(60)"
POLITE = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print("checkpoint") or 75))
print("ready", flush=True)
time.sleep(60)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""
PATIENCE_SECONDS = 10.0


def order(name: str, program: str, **more: object) -> TaskOrder:
    """A task that runs a line of Python."""
    made = TaskOrder(
        f"arn:aws:ecs:eu-central-1:000000000000:task/zebros-local/{name}",
        "zebros-local-jobs:1",
        command=("-c", program),
        memory_bytes=512 * MEGABYTE,
        log=LogStream(STREAM.group, f"jobs/worker/{name}"),
    )
    return replace(made, **more)  # type: ignore[arg-type]


class FakeCluster:
    """ECS as the emulator has it: a task runs until somebody stops it. `away`: it does not answer."""

    def __init__(self) -> None:
        self.tasks: dict[str, TaskOrder] = {}
        self.stopped: dict[str, str] = {}
        self.logged: dict[str, list[str]] = {}
        self.away = False

    def running(self) -> list[TaskOrder]:
        self._answer()
        return list(self.tasks.values())

    def stop(self, arn: str, reason: str) -> None:
        self._answer()
        if self.tasks.pop(arn, None) is not None:
            self.stopped[arn] = reason

    def log(self, stream: LogStream, events: Sequence[LogEvent]) -> None:
        self._answer()
        self.logged.setdefault(stream.name, []).extend(line for _, line in events)

    def _answer(self) -> None:
        if self.away:
            raise ClusterAwayError("connection refused")


class FakeImages:
    """One image: this Python, in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.missing = False

    def find(self, name: str) -> Image:
        if self.missing:
            raise ImageError(f"{name} is not there")
        return Image(("python",), self._folder)


class World:
    """A cluster, and the runner of one life after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cluster = FakeCluster()
        self.images = FakeImages(folder)
        self.said: list[str] = []
        self.runner = self.new_runner()

    def new_runner(self, at_once: int = 2) -> TaskRunner:
        self.runner = TaskRunner(
            self.cluster,
            self.images,  # type: ignore[arg-type]
            self.folder / "tasks",
            environ={"PATH": os.environ["PATH"], "FROM": "the runner"},
            at_once=at_once,
            say=self.said.append,
        )
        self.runner.recover()
        return self.runner

    def ask_for(self, *orders: TaskOrder) -> None:
        self.cluster.tasks |= {each.arn: each for each in orders}

    def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, self.said
            self.runner.tick()
            time.sleep(0.005)

    def lines(self, task: TaskOrder) -> list[str]:
        return self.cluster.logged.get(f"jobs/worker/{task.id}", [])

    def pid(self, task: TaskOrder) -> int:
        (claim,) = (claim for claim in Claims(self.folder / "tasks/claims").all() if claim.arn == task.arn)
        return claim.pid


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.cluster.tasks.clear()
    made.runner.stop_all()


def test_a_task_runs_and_is_stopped_with_its_exit_status(world: World) -> None:
    fine, failing = order("fine", "print('done')"), order("failing", "import sys; sys.exit(75)")
    world.ask_for(fine, failing)
    world.until(lambda: len(world.cluster.stopped) == 2)
    assert world.cluster.stopped == {
        fine.arn: "Essential container in task exited with status 0",
        failing.arn: "Essential container in task exited with status 75",
    }
    assert world.lines(fine) == ["done"]
    assert any("started as process" in line for line in world.said)


def test_its_environment_is_its_own_and_its_volumes_are_folders_that_go_with_it(world: World) -> None:
    program = (
        "import os, pathlib; work = pathlib.Path(os.environ['TMPDIR']); (work / 'file').write_text('x');"
        " print(os.environ['JOB'], os.environ['FROM'], 'HOME' in os.environ, work, sep='|')"
    )
    task = order("one", program, environment={"JOB": "j1", "TMPDIR": "/work"}, volumes=("/work",))
    world.ask_for(task)
    world.until(lambda: world.cluster.stopped)
    (line,) = world.lines(task)
    *facts, work = line.split("|")
    assert facts == ["j1", "the runner", "False"]
    assert work == str(world.folder / "tasks/work/one/work")
    assert not list((world.folder / "tasks/work").glob("*"))


def test_an_image_has_none_of_the_runners_packages(world: World) -> None:
    task = order("one", "import rich")
    world.ask_for(task)
    world.until(lambda: world.cluster.stopped)
    assert world.lines(task)[-1] == "ModuleNotFoundError: No module named 'rich'"


def test_a_task_that_ecs_stops_is_asked_to_end_and_then_killed(world: World) -> None:
    polite = order("polite", POLITE)
    stubborn = order("stubborn", STUBBORN, stop_seconds=0.2)
    world.ask_for(polite, stubborn)
    world.until(lambda: world.lines(polite) and world.lines(stubborn))
    pids = [world.pid(polite), world.pid(stubborn)]
    world.cluster.stop(polite.arn, "User stopped")
    world.cluster.stop(stubborn.arn, "User stopped")
    world.until(lambda: world.runner.running == 0)
    assert not any(map(beginning_of, pids))
    world.until(lambda: world.lines(polite) == ["ready", "checkpoint"])
    assert not list(Claims(world.folder / "tasks/claims").all())


def test_a_task_that_takes_more_than_its_memory_is_killed_and_address_space_is_none(world: World) -> None:
    greedy = order(
        "greedy", "x = b'x' * (200 << 20); import time; time.sleep(60)", memory_bytes=100 * MEGABYTE
    )
    reserving = order(
        "reserving", "import mmap; x = mmap.mmap(-1, 4 << 30); print('reserved')", memory_bytes=100 * MEGABYTE
    )
    world.ask_for(greedy, reserving)
    world.until(lambda: len(world.cluster.stopped) == 2)
    assert "OutOfMemoryError" in world.cluster.stopped[greedy.arn]
    assert world.cluster.stopped[reserving.arn].endswith("status 0")


def test_no_more_run_at_once_than_may_and_the_others_follow_in_their_order(world: World) -> None:
    world.new_runner(at_once=1)
    names = [str(number) for number in range(4)]
    world.ask_for(*(order(name, f"print({name})") for name in names))
    most = 0

    def all_stopped() -> bool:
        nonlocal most
        most = max(most, world.runner.running)
        return len(world.cluster.stopped) == len(names)

    world.until(all_stopped)
    assert most == 1
    assert [arn.rsplit("/", 1)[1] for arn in world.cluster.stopped] == names


def test_a_task_runs_once_however_often_the_cluster_is_looked_at(world: World) -> None:
    task = order("one", f"open({str(world.folder / 'ran')!r}, 'a').write('x')")
    world.ask_for(task)
    world.until(lambda: world.cluster.stopped)
    for _ in range(20):
        world.runner.tick()
    assert (world.folder / "ran").read_text() == "x"


def test_what_ends_while_the_cluster_is_away_is_told_when_it_is_back_and_not_run_again(world: World) -> None:
    task = order("one", f"open({str(world.folder / 'ran')!r}, 'a').write('x'); print('done')")
    world.ask_for(task)
    world.runner.tick()
    world.cluster.away = True
    world.until(lambda: world.runner.running == 0)
    for _ in range(5):
        world.runner.tick()
    world.cluster.away = False
    world.until(lambda: world.cluster.stopped)
    world.until(lambda: world.lines(task))
    assert world.cluster.stopped[task.arn].endswith("status 0")
    assert world.lines(task) == ["done"]
    assert (world.folder / "ran").read_text() == "x"


def test_a_task_that_a_restarted_emulator_knows_no_more_is_ended(world: World) -> None:
    task = order("one", SLEEP)
    world.ask_for(task)
    world.until(lambda: world.lines(task))
    pid = world.pid(task)
    world.cluster.tasks.clear()
    world.until(lambda: world.runner.running == 0)
    assert not beginning_of(pid)


def test_tasks_of_a_former_life_are_ended_stopped_and_not_run_again(world: World) -> None:
    """A runner that is killed says nothing: its tasks go on, and its claims are all that is left of it."""
    task = order("one", f"open({str(world.folder / 'ran')!r}, 'a').write('x'); {SLEEP}")
    world.ask_for(task)
    world.until(lambda: world.lines(task))
    pid = world.pid(task)
    former = world.runner
    world.new_runner()
    assert not beginning_of(pid)
    world.until(lambda: world.cluster.stopped)
    assert world.cluster.stopped == {task.arn: "Its runner ended before it"}
    assert (world.folder / "ran").read_text() == "x"
    former.stop_all()


def test_a_claim_whose_process_number_is_somebody_elses_by_now_harms_nobody(world: World) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SLEEP], stdout=subprocess.PIPE, start_new_session=True
    ) as other:
        task = order("one", SLEEP)
        world.ask_for(task)
        claims = Claims(world.folder / "tasks/claims")
        claims.take(task.arn)
        claims.note(task.arn, other.pid)
        (path,) = (world.folder / "tasks/claims").glob("*.json")
        path.write_text(path.read_text().replace(beginning_of(other.pid), "12345"))
        world.new_runner()
        assert other.poll() is None
        world.until(lambda: world.cluster.stopped)
        other.kill()


def test_a_runner_that_is_told_to_stop_lets_its_tasks_come_to_an_end(world: World) -> None:
    task = order("one", POLITE)
    world.ask_for(task)
    world.until(lambda: world.lines(task))
    world.runner.stop_all()
    assert world.lines(task) == ["ready", "checkpoint"]
    assert world.cluster.stopped[task.arn].endswith("status 75")


def test_what_cannot_be_run_is_stopped_with_the_reason(world: World) -> None:
    several = order("several", "", problem="a task of 2 containers; here one is run")
    nowhere = order("nowhere", "", entry_point=("/no/such/program",))
    world.ask_for(several, nowhere)
    world.until(lambda: len(world.cluster.stopped) == 2)
    assert world.cluster.stopped[several.arn] == several.problem
    assert "CannotStartContainerError" in world.cluster.stopped[nowhere.arn]
    world.images.missing = True
    unknown = order("unknown", "")
    world.ask_for(unknown)
    world.until(lambda: len(world.cluster.stopped) == 3)
    assert "CannotPullContainerError: zebros-local-jobs:1 is not there" in world.cluster.stopped[unknown.arn]


def test_output_of_any_kind_arrives_as_lines(world: World) -> None:
    program = "import sys; sys.stdout.buffer.write(b'a\\n\\n\\xff\\xfe b\\n' + b'x' * 200_000 + b'\\nlast')"
    task = order("one", program)
    world.ask_for(task)
    world.until(lambda: world.cluster.stopped)
    lines = world.lines(task)
    assert lines[0] == "a"
    assert lines[1].endswith(" b")
    assert sum(line.count("x") for line in lines) == 200_000
    assert lines[-1] == "last"


def test_children_of_a_task_end_with_it(world: World) -> None:
    program = (
        "import subprocess, sys; child = [sys.executable, '-c', 'import time; time.sleep(60)'];"
        " print(subprocess.Popen(child).pid)"
    )
    task = order("one", program)
    world.ask_for(task)
    world.until(lambda: world.cluster.stopped)
    child = int(world.lines(task)[0])
    deadline = time.monotonic() + PATIENCE_SECONDS
    while beginning_of(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not beginning_of(child)


def test_a_killed_task_says_by_which_signal(world: World) -> None:
    task = order("one", SLEEP)
    world.ask_for(task)
    world.until(lambda: world.lines(task))
    os.kill(world.pid(task), signal.SIGKILL)
    world.until(lambda: world.cluster.stopped)
    assert world.cluster.stopped[task.arn].endswith("status 137")
