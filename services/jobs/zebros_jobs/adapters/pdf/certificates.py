"""Certificates of erasures as PDF: the signed statement in words."""

# ReportLab ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from zebros_jobs.adapters.pdf.letters import draw_letter
from zebros_jobs.domain.letters import Letter, LetterEntry, LetterSection, value_in_words

__all__ = ["print_certificate"]

_UTC: Final = ZoneInfo("UTC")
_MOST_ROWS: Final = 300
_OUTCOMES: Final = {
    "done": "Everything that is held on the person was erased, but for what is listed below.",
    "partly": "What is held on the person was erased, but for what a legal hold keeps.",
    "held": "Nothing was erased: a legal hold keeps everything on the person.",
    "nobodyFound": "Nobody was found to whom the request applies: nothing is held on this person.",
}


def print_certificate(statement: Mapping[str, Any]) -> bytes:
    """Return the PDF of a statement, with the id of the key that signed it as `keyId`."""
    out = io.BytesIO()
    draw_letter(_letter(statement), out)
    return out.getvalue()


def _letter(said: Mapping[str, Any]) -> Letter:
    ended = _words(said["endedAt"])
    facts = [
        ("Request", str(said["requestId"])),
        ("Tenant", str(said["tenantId"])),
        ("Asked by", str(said["requestedBy"])),
        ("Asked on", _words(said["requestedAt"])),
        ("Ended on", ended),
        ("Records of the person", _subject(said["subject"])),
        ("Signed with key", str(said["keyId"])),
    ]
    return Letter(
        title="Certificate of erasure",
        sender="Zebros",
        on=ended,
        reference=f"Certificate of request {said['requestId']}",
        paragraphs=(
            _OUTCOMES[str(said["outcome"])],
            "This is the readable form of a signed statement. The statement itself, certificate.jws, is what proves it:"
            " whoever has the public key can check it. It names the person by ids of records that are gone, and by"
            " hashes that nobody can read.",
        ),
        sections=[
            LetterSection("The request", entries=[LetterEntry("Facts", facts)]),
            LetterSection("What was erased", entries=[LetterEntry("Entries by store", _erased(said))]),
            *_files(said["files"]),
            *_kept(said),
            LetterSection(
                "What ends by itself",
                "Nobody who uses the product reaches any of this. It ends at the latest on the day that is named; until"
                " then a restore asks the ledger of erasures first.",
                [
                    LetterEntry(
                        "Until when", [(_words(each["until"]), _ending(each)) for each in said["ending"]]
                    )
                ],
            ),
        ],
    )


def _subject(subject: Mapping[str, Any]) -> str:
    names = {
        "contactIds": "contact",
        "leadIds": "lead",
        "userIds": "user",
        "emailHashes": "hash of an address",
    }
    lines = [f"{what} {value}" for name, what in names.items() for value in subject[name]]
    return "\n".join(lines) or "none"


def _erased(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = [
        (
            f"{each['service']}: {each['store']}",
            f"{each['count']}" + (" files whose former versions went" if each["formerOnly"] else ""),
        )
        for each in said["erased"]
    ]
    return rows or [("All stores", "0")]


def _files(files: Mapping[str, Any]) -> list[LetterSection]:
    if not files["total"]:
        return []
    rows = [(f"{each['folder']}, job {each['jobId']}", each["name"]) for each in files["items"][:_MOST_ROWS]]
    return [
        LetterSection(
            "Files that were deleted",
            f"{files['total']} files of jobs named the person and were deleted with all their versions."
            + (" The first of them:" if files["total"] > len(rows) else ""),
            [LetterEntry("Files", rows)],
        )
    ]


def _kept(said: Mapping[str, Any]) -> list[LetterSection]:
    kept, holds = said["kept"], said["holds"]
    if not kept["total"] and not holds:
        return []
    entries: list[LetterEntry] = []
    if holds:
        rows = [
            (
                hold["id"],
                f"{hold['scope']}, until {_words(hold['until']) if hold['until'] else 'it is ended'}",
            )
            for hold in holds
        ]
        entries.append(LetterEntry("Legal holds", rows))
    if kept["total"]:
        rows = [
            (
                f"{each['entity']} {each['id'] or ''}".strip(),
                each["why"] + (f"; until {_words(each['until'])}" if each["until"] else ""),
            )
            for each in kept["items"][:_MOST_ROWS]
        ]
        entries.append(LetterEntry(f"{kept['total']} kept", rows))
    return [LetterSection("What is lawfully kept", "", entries)]


def _ending(each: Mapping[str, Any]) -> str:
    return f"{each['store']}: {each['what']}"


def _words(value: Any) -> str:
    return value_in_words(value, _UTC)
