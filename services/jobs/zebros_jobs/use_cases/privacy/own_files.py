"""Files of jobs that name a person: imports' sources and errors, exports, reports, archives of privacy requests.

They are looked through job by job, every object and every version of it:

- one that names the person goes, with all its versions;
- one that is deleted or replaced already goes, whatever it says: nobody can reach it, and it would stay for 30 days;
- one that cannot be searched goes if another file of its job names the person, or if it was brought by somebody; what
  we made ourselves and cannot search (a PDF) says what is in the searchable file beside it.

What is to go is written down and counted by a checkpoint before it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

from pydantic import Field

from zebros_core.errors import BadRequestError, NotFoundError
from zebros_core.storage import ObjectStreams
from zebros_core.storage.versions import ObjectVersions, StoredKey
from zebros_core.values import Value
from zebros_jobs.use_cases.privacy.file_search import FileSearch, Finding

__all__ = ["PURPOSES", "FilePlace", "FoundFile", "OwnFiles", "Walked", "names_person"]

PURPOSES: Final = ("transfers", "reports")
_BROUGHT: Final = frozenset({"imports"})
"""Folders of files that somebody brought: nobody knows what is in one that cannot be searched."""
_WITH_IDS: Final = frozenset({"exports", "reports", "privacy"})
"""Folders of files that are made of records: one with the id of a person's record has that record."""
_MOST_UNKNOWN: Final = 200


class FoundFile(Value):
    """A file of a job: its folder (`imports`), its name below the job's, and why it was found."""

    purpose: str
    folder: str
    job_id: str
    name: str
    why: str

    @property
    def path(self) -> str:
        """Where it is, below the tenant's prefix."""
        return "/".join(filter(None, (self.folder, self.job_id, self.name)))


class FilePlace(Value):
    """Where the search goes on: behind which key of which purpose, and what is known of the job that it is in."""

    purpose: str = PURPOSES[0]
    after: str | None = None
    job: str = ""
    named: bool = False
    unknown: tuple[FoundFile, ...] = Field(default=(), max_length=_MOST_UNKNOWN)


@dataclass
class Walked:
    """What a step of the walk found, and where the next one begins; None at the end."""

    place: FilePlace | None
    found: list[FoundFile] = field(default_factory=list[FoundFile])
    """What is to go."""
    unsearched: list[FoundFile] = field(default_factory=list[FoundFile])
    """What stays though nobody can search it."""


class OwnFiles:
    """One tenant's files of jobs."""

    def __init__(
        self,
        versions: Callable[[str], ObjectVersions],
        streams: Callable[[str], ObjectStreams],
        search: Callable[[Collection[str]], FileSearch],
        ids: Collection[str],
        *,
        but: Collection[str],
    ) -> None:
        """`search` makes the search for a person and these ids; `but` are jobs whose files are left as they are."""
        self._versions = versions
        self._streams = streams
        self._text_search = search(())
        self._id_search = search(ids)
        self._but = frozenset(but)

    def walk(self, place: FilePlace) -> Iterator[Walked]:
        """Go on from a place, one key a step; the last step has no place."""
        while True:
            page = self._versions(place.purpose).page(after=place.after)
            for key in page.keys:
                walked = self._look(place, key)
                assert walked.place is not None  # noqa: S101 - within a page there is a next one
                place = walked.place
                yield walked
            if page.after is not None:
                place = place.model_copy(update={"after": page.after})
                continue
            at_end = self._close(place)
            place = _next_purpose(place)
            if place.purpose == "":
                yield Walked(None, at_end.found, at_end.unsearched)
                return
            yield Walked(place, at_end.found, at_end.unsearched)

    def erase(self, found: FoundFile) -> int:
        """Delete a file with all its versions; return how many. None there is no error."""
        versions = self._versions(found.purpose)
        if found.why == _FORMER:
            return versions.erase_former(f"{versions.prefix}{found.path}")
        return versions.erase(f"{versions.prefix}{found.path}")

    def _look(self, place: FilePlace, key: StoredKey) -> Walked:
        file = self._file_of(place.purpose, key.key)
        job = f"{file.folder}/{file.job_id}"
        closed = self._close(place) if job != place.job else Walked(place)
        if job != place.job:
            place = FilePlace(purpose=place.purpose, job=job)
        place = place.model_copy(update={"after": key.key})
        walked = Walked(place, closed.found, closed.unsearched)
        if file.job_id in self._but:
            return walked
        if not key.is_present:
            walked.found.append(_because(file, _DELETED))
            return walked
        finding = self._search(file, key.key)
        if finding is Finding.NAMED:
            walked.place = place.model_copy(update={"named": True})
            walked.found.append(_because(file, _NAMED))
            return walked
        if key.has_former:
            walked.found.append(_because(file, _FORMER))
        if finding is Finding.UNKNOWN:
            if file.folder in _BROUGHT or len(place.unknown) >= _MOST_UNKNOWN:
                walked.found.append(_because(file, _UNREADABLE))
            else:
                walked.place = place.model_copy(update={"unknown": (*place.unknown, file)})
        return walked

    def _close(self, place: FilePlace) -> Walked:
        """Say what becomes of the files of a job that could not be searched, when all others were."""
        if place.named:
            return Walked(place, found=[_because(file, _BESIDE) for file in place.unknown])
        return Walked(place, unsearched=list(place.unknown))

    def _search(self, file: FoundFile, key: str) -> Finding:
        search = self._id_search if file.folder in _WITH_IDS else self._text_search
        try:
            with self._streams(file.purpose).open(key) as reader:
                return search.search(reader)  # pyright: ignore[reportArgumentType] - it reads bytes
        except NotFoundError:
            return Finding.CLEAN  # deleted meanwhile; the next round sees it as that
        except BadRequestError:
            return Finding.UNKNOWN  # no key that we make

    def _file_of(self, purpose: str, key: str) -> FoundFile:
        parts = key.removeprefix(self._versions(purpose).prefix).split("/", 2)
        folder, job_id, name = (*parts, "", "")[:3] if len(parts) > 1 else ("", "", parts[0])
        return FoundFile(purpose=purpose, folder=folder, job_id=job_id, name=name, why="")


_NAMED: Final = "named"
_DELETED: Final = "deleted"
_FORMER: Final = "former"
_UNREADABLE: Final = "unreadable"
_BESIDE: Final = "beside"


def _because(file: FoundFile, why: str) -> FoundFile:
    return file.model_copy(update={"why": why})


def _next_purpose(place: FilePlace) -> FilePlace:
    number = PURPOSES.index(place.purpose) + 1
    return FilePlace(purpose=PURPOSES[number] if number < len(PURPOSES) else "")


def names_person(found: FoundFile) -> bool:
    """Tell whether a file went because of the person, and not because it was gone or replaced already."""
    return found.why not in {_DELETED, _FORMER}
