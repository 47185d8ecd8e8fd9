"""Mails as they are written: escaped, in every language, from the bucket or else from the artefact."""

import boto3
import pytest

from zebros_auth.adapters.mail_templates import BucketThenPackage, JinjaTemplates
from zebros_auth.bootstrap import Container
from zebros_auth.domain.notification import KINDS
from zebros_auth.domain.ports_mail import MailTemplateError
from zebros_auth.domain.user import Language
from zebros_auth.notification_settings import PACKAGED_TEMPLATES
from zebros_auth.templates import upload
from zebros_core.clock import FixedClock

VALUES = {
    "name": "Tide <b>&</b> Sons",
    "recipient": "Ben",
    "actor": "Ada",
    "link": "https://app.test/customers/1",
    "company": "Sons",
    "value": "25000",
    "currency": "EUR",
    "type": "call",
    "work": "import",
    "state": "failed",
    "at": "2026-03-01 09:30 (Europe/Berlin)",
    "tenant": "Acme",
    "appUrl": "https://app.test",
}


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", [*KINDS, "tenant.welcome"])
def test_every_mail_is_written_in_every_language(container: Container, kind: str, language: Language) -> None:
    for name in (f"{kind}.subject.txt", f"{kind}.txt", f"{kind}.html"):
        assert (PACKAGED_TEMPLATES / "email" / language / name).is_file(), "not only the fallback"
    mail = container.notifying.templates.render(kind, language, VALUES)
    assert mail.subject
    assert "\n" not in mail.subject
    assert "Tide <b>&</b> Sons" in mail.text
    assert "<b>" not in mail.html
    assert "Tide &lt;b&gt;&amp;&lt;/b&gt; Sons" in mail.html
    assert f'lang="{language}"' in mail.html
    bare = container.notifying.templates.render(
        kind,
        language,
        {
            **VALUES,
            "actor": "",
            "link": "",
            "appUrl": "",
            "company": "",
            "value": "",
            "at": "",
            "type": "walk",
        },
    )
    assert "https://" not in bare.text + bare.html
    assert not {"25000", "EUR", "09:30"} & set((bare.text + bare.html).split())


def test_an_unknown_language_falls_back_and_a_line_break_stays_out_of_the_subject(
    container: Container,
) -> None:
    values = {**VALUES, "name": "Tide\r\nBcc: everybody@example.com"}
    mail = container.notifying.templates.render("customer.assigned", "xx", values)
    assert mail.subject == "Tide Bcc: everybody@example.com is now yours"


@pytest.mark.parametrize("kind", ["no.such", "../../serverless", "/etc/passwd"])
def test_what_is_not_there_cannot_be_written(container: Container, kind: str) -> None:
    with pytest.raises(MailTemplateError):
        container.notifying.templates.render(kind, "en", VALUES)


def test_a_value_that_is_missing_is_an_error(container: Container) -> None:
    with pytest.raises(MailTemplateError, match="UndefinedError"):
        container.notifying.templates.render("customer.assigned", "en", {"name": "Tide"})


def test_the_bucket_comes_first_and_reaches_nothing_but_the_values(
    container: Container, clock: FixedClock
) -> None:
    s3 = boto3.client("s3")
    where = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(Bucket="templates", CreateBucketConfiguration=where)
    templates = JinjaTemplates(BucketThenPackage(container.s3, "templates", PACKAGED_TEMPLATES, clock))
    render = templates.render
    assert render("customer.assigned", "en", VALUES).subject.endswith("is now yours")
    key = "email/en/customer.assigned.subject.txt"
    s3.put_object(Bucket="templates", Key=key, Body=b"Look: {{ name }}")
    assert render("customer.assigned", "en", VALUES).subject.endswith("is now yours"), (
        "looked at a moment ago"
    )
    clock.advance(301)
    assert render("customer.assigned", "en", VALUES).subject.startswith("Look: ")
    s3.put_object(Bucket="templates", Key=key, Body=b"{{ name.__class__.__mro__ }}")
    clock.advance(301)
    with pytest.raises(MailTemplateError, match="SecurityError"):
        render("customer.assigned", "en", VALUES)


def test_the_upload_can_be_repeated_and_keeps_what_a_stage_put_there() -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="ours", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    own = "email/de/customer.assigned.subject.txt"
    s3.put_object(Bucket="ours", Key=own, Body=b"Neu: {{ name }}")
    put, kept = upload(s3, "ours")
    assert kept == [own]
    assert "email/layout.html" in put
    assert upload(s3, "ours") == ([], [own])
    assert s3.get_object(Bucket="ours", Key=own)["Body"].read() == b"Neu: {{ name }}"
