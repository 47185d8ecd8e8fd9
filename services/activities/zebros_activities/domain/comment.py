"""What people say about an activity."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints

from zebros_activities.domain.values import multiline
from zebros_core.values import Value

MAX_COMMENT: Final = 2_000

CommentText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_COMMENT),
    AfterValidator(multiline),
]


class CommentDraft(Value):
    """A comment to be made."""

    text: CommentText


class Comment(Value):
    """A comment as it is kept."""

    comment_id: str
    text: str
    author_id: str
    at: datetime
