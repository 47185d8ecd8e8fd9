"""Put the templates of mail into a stage's bucket: ``python -m zebros_auth.templates --bucket NAME``.

Idempotent: what is there as it should be is left alone, and so is what a stage put there itself (every object that this
command wrote says so in its metadata). A template that a stage replaced is therefore kept until it is deleted there.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zebros_auth.notification_settings import PACKAGED_TEMPLATES

_SOURCE = "repository"
_TYPES = {".html": "text/html; charset=utf-8", ".txt": "text/plain; charset=utf-8"}


def upload(s3: Any, bucket: str, folder: Path = PACKAGED_TEMPLATES) -> tuple[list[str], list[str]]:
    """Put every template that is missing or was put by an earlier version; return what was put and what was kept.

    `s3` is a client of S3; keys are the files' paths below `folder`.
    """
    put: list[str] = []
    kept: list[str] = []
    for path in sorted(path for path in folder.rglob("*") if path.suffix in _TYPES):
        key = path.relative_to(folder).as_posix()
        body = path.read_bytes()
        digest = hashlib.sha256(body).hexdigest()
        present = _metadata(s3, bucket, key)
        if present is not None and present.get("source") != _SOURCE:
            kept.append(key)
        elif present is None or present.get("sha256") != digest:
            s3.put_object(
                Bucket=bucket,
                Key=key,
                Body=body,
                ContentType=_TYPES[path.suffix],
                Metadata={"source": _SOURCE, "sha256": digest},
            )
            put.append(key)
    return put, kept


def _metadata(s3: Any, bucket: str, key: str) -> dict[str, str] | None:
    from botocore.exceptions import ClientError

    try:
        found: dict[str, str] = s3.head_object(Bucket=bucket, Key=key)["Metadata"]
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
            return None
        raise
    return found


def main(environ: Mapping[str, str]) -> None:
    """Run the command with the caller's own credentials, in the region that the environment names."""
    import boto3

    parser = argparse.ArgumentParser(prog="zebros_auth.templates", description=__doc__)
    parser.add_argument("--bucket", help="the bucket; or give --stage")
    parser.add_argument("--stage", help="of the account that the credentials are for")
    given = parser.parse_args()
    if not (given.bucket or given.stage):
        parser.error("give --bucket or --stage")
    session: Any = boto3.Session(region_name=environ.get("AWS_REGION", "eu-central-1"))
    bucket = given.bucket or f"zebros-{given.stage}-{_account(session)}-templates"
    put, kept = upload(session.client("s3"), bucket)
    sys.stdout.write(f"{bucket}: {len(put)} templates put, {len(kept)} of the stage's own kept\n")


def _account(session: Any) -> str:
    return str(session.client("sts").get_caller_identity()["Account"])


if __name__ == "__main__":
    main(os.environ)
