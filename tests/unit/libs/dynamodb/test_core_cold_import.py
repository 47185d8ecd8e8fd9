"""What is imported when: measured in a fresh interpreter, by names and not by times."""

from __future__ import annotations

import json
import subprocess
import sys


def modules_after(statement: str) -> set[str]:
    code = f"import sys, json\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(run.stdout))


def test_a_domain_model_imports_no_client_library() -> None:
    loaded = modules_after("from zebros_core.dynamodb import StoredEntity, EntitySchema")
    assert not {name for name in loaded if name.split(".")[0] in ("boto3", "botocore", "redis", "moto")}


def test_the_data_layer_imports_neither_boto3_nor_anything_else_that_it_does_not_need() -> None:
    loaded = modules_after(
        "from zebros_core.dynamodb.client import create_client\nfrom zebros_core.dynamodb import *"
    )
    unwanted = {"boto3", "s3transfer", "redis", "jwt", "aws_lambda_powertools", "requests", "asyncio"}
    assert not unwanted & loaded


def test_every_exported_name_exists() -> None:
    import zebros_core.dynamodb as package

    assert sorted(package.__all__) == sorted(package._HOME_OF)  # pyright: ignore[reportPrivateUsage]
    for name in package.__all__:
        assert getattr(package, name) is not None
