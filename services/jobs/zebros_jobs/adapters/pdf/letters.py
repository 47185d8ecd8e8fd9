"""Letters as PDF."""

# ReportLab ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

from typing import IO

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from zebros_jobs.adapters.pdf.pages import build, facts_table, paragraph, styles
from zebros_jobs.domain.letters import Letter

__all__ = ["draw_letter"]


def draw_letter(letter: Letter, file: IO[bytes]) -> None:
    """Write a letter into a file. It is laid out in memory: whoever makes it bounds how much is in it."""
    known = styles()
    story: list[Flowable] = [
        paragraph(letter.sender, known["subheading"]),
        paragraph(letter.on, known["text"]),
        Spacer(1, 8 * mm),
        paragraph(letter.title, known["title"]),
    ]
    story += [paragraph(text, known["text"]) for text in letter.paragraphs]
    for section in letter.sections:
        story.append(paragraph(section.title, known["heading"]))
        if section.text:
            story.append(paragraph(section.text, known["text"]))
        for entry in section.entries:
            story.append(paragraph(entry.title, known["subheading"]))
            if entry.facts:
                story.append(facts_table(entry.facts))
    build(file, story, title=letter.title, foot=letter.reference, author=letter.sender)
