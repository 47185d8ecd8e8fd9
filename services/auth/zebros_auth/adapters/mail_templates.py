"""Mails from jinja2 templates: those in the stage's bucket, and where it has none those of the artefact.

A template is three files, ``email/{language}/{name}.subject.txt``, ``.txt`` and ``.html``. They are compiled once per
container and looked at again after five minutes, so a change in the bucket is in force within that time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateError, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from zebros_auth.domain.ports_mail import MailContent, MailTemplateError
from zebros_core.clock import Clock
from zebros_core.storage.client import S3Client, s3_calls

PREFIX: Final = "email/"
FALLBACK_LANGUAGE: Final = "en"
STALENESS_SECONDS: Final = 300
_ABSENT: Final = frozenset({"NoSuchKey", "404"})


class BucketThenPackage(BaseLoader):
    """Finds templates by their path below ``email/``, in the bucket (if there is one) or else in the folder."""

    def __init__(self, s3: Callable[[], S3Client], bucket: str, folder: Path, clock: Clock) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._folder = folder
        self._clock = clock

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool]]:
        """Return source, no file name (no stage's path belongs into a traceback) and whether it is still fresh."""
        del environment
        source = self._in_bucket(template)
        if source is None:
            source = self._in_package(template)
        good_until = self._clock.now() + timedelta(seconds=STALENESS_SECONDS)
        return source, None, lambda: self._clock.now() < good_until

    def _in_bucket(self, template: str) -> str | None:
        from botocore.exceptions import ClientError

        if not self._bucket:
            return None
        try:
            with s3_calls():
                answer = self._s3().get_object(Bucket=self._bucket, Key=PREFIX + template)
                return bytes(answer["Body"].read()).decode()
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise

    def _in_package(self, template: str) -> str:
        parts = template.split("/")
        path = self._folder.joinpath("email", *parts)
        if ".." in parts or not path.is_file():
            raise TemplateNotFound(template)
        return path.read_text()


class JinjaTemplates:
    """The `MailTemplates` of a container. A template reaches nothing but the values that it is given."""

    def __init__(self, loader: BaseLoader) -> None:
        self._environment = ImmutableSandboxedEnvironment(
            loader=loader,
            autoescape=lambda name: name is not None and name.endswith(".html"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def render(self, template: str, language: str, values: Mapping[str, str]) -> MailContent:
        """See `MailTemplates`."""
        try:
            language = self._language(template, language)
            subject, text, html = (
                self._environment.get_template(f"{language}/{template}.{kind}").render(
                    _named(values, language)
                )
                for kind in ("subject.txt", "txt", "html")
            )
        except TemplateError as error:
            raise MailTemplateError(
                f"The mail {template} cannot be written: {type(error).__name__}."
            ) from error
        # A value may hold anything, a line break included: a subject is one line.
        return MailContent(" ".join(subject.split()), text, html)

    def _language(self, template: str, language: str) -> str:
        """All of a mail is in one language: the one in which its subject is written."""
        try:
            self._environment.get_template(f"{language}/{template}.subject.txt")
        except TemplateNotFound:
            return FALLBACK_LANGUAGE
        return language


def _named(values: Mapping[str, str], language: str) -> dict[str, Any]:
    return {**values, "language": language}
