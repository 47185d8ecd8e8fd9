"""What a tenant has, made through the API as its things are asked for; and the same for a tenant that has nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from secrets import token_hex
from typing import Any, Protocol

from port import Answer, Call, Caller, Service
from things import FRESH, MAKERS, NEVER, NOT_SECRET, make_more

from zebros_core.clock import SystemClock
from zebros_core.ids import new_id


class Things(Protocol):
    """Names of things: ids, texts and the like, by what they are."""

    def __getitem__(self, name: str) -> str: ...


class Estate:
    """A tenant's things. `estate["contact"]` is the id of a contact, which is made when it is first asked for.

    Every text carries a mark that occurs nowhere else, so that whatever shows a part of it is found out.
    """

    def __init__(self, service: Service, admin: Caller, *, owner: Caller | None = None) -> None:
        """`owner` owns the records, by default the admin who makes them."""
        self.service = service
        self.admin = admin
        self.owner = owner or admin
        self.mark = f"zq{token_hex(6)}"
        self.made: dict[str, str] = {}
        self.key_answers: dict[str, Answer] = {}
        """Operation -> what the tenant got when it used its idempotency key for it."""
        self._numbers = count(1)
        self._unfinished: list[str] | None = None

    def __getitem__(self, name: str) -> str:
        if name in FRESH:
            return MAKERS[name](self)
        if name not in self.made:
            self.made[name] = MAKERS[name](self)
        return self.made[name]

    def make_all(self) -> None:
        """Make every kind of thing that there is."""
        # Who calls for the first time gets a record: not between two pictures.
        self.send("GET", "/v1/me")
        with self._finished_at_the_end():
            for name in MAKERS:
                self[name]

    def send(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        """Send a request as the tenant's admin, which has to succeed."""
        return self.sent(Call(method, path, body, query))

    def asked(self, method: str, path: str, body: Any = None) -> Answer:
        """Send a request as the owner: what is whoever's asked for it. It has to succeed."""
        return self.sent(Call(method, path, body), self.owner)

    def finish(self, job_id: str) -> str:
        """Let a job of the owner's come to its end, and return it. When everything is made, jobs end together."""
        if self._unfinished is None:
            self.service.finish(self.owner, job_id)
        else:
            self._unfinished.append(job_id)
        return job_id

    @contextmanager
    def _finished_at_the_end(self) -> Iterator[None]:
        self._unfinished = []
        yield
        begun, self._unfinished = self._unfinished, None
        for job_id in begun:
            self.finish(job_id)

    def sent(self, call: Call, caller: Caller | None = None) -> Answer:
        """Send a call, as the tenant's admin unless told otherwise, which has to succeed."""
        answer = self.service.call(caller or self.admin, call)
        assert answer.status < 300, f"{call.method} {call.path}: {answer.status} {answer.text}"
        return answer

    def number(self) -> int:
        """Return the next number, for what has to differ within this estate."""
        return next(self._numbers)

    def text(self, kind: str) -> str:
        """Return a text of that kind which occurs nowhere else."""
        return f"{self.mark} {kind} {self.number()}"

    def secrets(self) -> set[str]:
        """Return every text that no other tenant may be shown."""
        return {self.mark, self.admin.tenant, *(v for n, v in self.made.items() if n not in NOT_SECRET)}

    def picture(self) -> list[str]:
        """Return every row of the tenant, to be compared later."""
        return self.service.rows(self.admin.tenant)

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Assert that nothing of the tenant's changes meanwhile.

        Where pictures are dear that is left to whoever compares those of before and after all.
        """
        before = self.picture() if self.service.pictures_are_cheap else None
        yield
        if before is not None:
            changed = sorted(set(before) ^ set(self.picture()))
            assert not changed, f"another tenant's data was changed: {changed}"


def complete(estates: Sequence[Estate], *, at_once: int) -> None:
    """Make every kind of thing in each, and at least two in every list; some jobs wait for a minute, so together."""
    with ThreadPoolExecutor(at_once) as pool:
        for make in (Estate.make_all, make_more):
            list(pool.map(make, estates))
            for estate in estates:
                estate.service.settle(estate.admin.tenant)


class Nowhere:
    """Names of things that no tenant has ever had: what an id of another tenant must look like to a caller."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}
        self._mark = f"zq{token_hex(6)}"

    def __getitem__(self, name: str) -> str:
        if name not in self.made:
            self.made[name] = NEVER.get(name, lambda _: new_id(SystemClock()))(self._mark)
        return self.made[name]
