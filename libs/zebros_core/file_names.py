"""Names of files as people give them."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

__all__ = ["FileName"]


def _file_name(name: str) -> str:
    if (
        "/" in name
        or "\\" in name
        or name in {".", ".."}
        or any(ord(char) < 32 or ord(char) == 127 for char in name)
    ):
        raise PydanticCustomError("file_name", "a plain file name without folders or control characters")
    return name


FileName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_file_name)
]
"""A name without a folder, at most 200 characters."""
