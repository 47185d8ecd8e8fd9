"""Objects with all their versions: looked through, replaced and erased for good, of one tenant alone."""

from __future__ import annotations

from typing import Any

import pytest

from zebros_core.storage.versions import ObjectVersions

BUCKET = "documents"


@pytest.fixture
def versions(s3: Any) -> ObjectVersions:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return ObjectVersions(lambda: s3, BUCKET, "aurora")


def put(s3: Any, key: str, *bodies: bytes) -> None:
    for body in bodies:
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)


def left(s3: Any, prefix: str = "") -> list[tuple[str, bool]]:
    """What is there, with every version and deletion mark."""
    page = s3.list_object_versions(Bucket=BUCKET, Prefix=prefix)
    return sorted(
        (entry["Key"], is_mark)
        for is_mark, name in ((False, "Versions"), (True, "DeleteMarkers"))
        for entry in page.get(name, ())
    )


def test_an_object_is_erased_with_all_its_versions_and_nothing_else(
    s3: Any, versions: ObjectVersions
) -> None:
    put(s3, "aurora/a/1", b"x", b"y", b"z")
    s3.delete_object(Bucket=BUCKET, Key="aurora/a/1")
    put(s3, "aurora/a/1", b"again")
    put(s3, "aurora/a/10", b"longer")
    put(s3, "aurora2/a/1", b"another tenant's")
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="aurora/a/1")["UploadId"]
    kept = s3.create_multipart_upload(Bucket=BUCKET, Key="aurora/a/10")["UploadId"]
    assert versions.erase("aurora/a/1") == 5
    assert left(s3) == [("aurora/a/10", False), ("aurora2/a/1", False)]
    uploads = s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", ())
    assert [found["UploadId"] for found in uploads] == [kept] != [upload]
    assert versions.erase("aurora/a/1") == 0, "once more, and nothing is there"


def test_keys_are_told_in_pages_and_whether_they_are_there(s3: Any, versions: ObjectVersions) -> None:
    for number in range(7):
        put(s3, f"aurora/a/{number}", b"x", b"y")
    s3.delete_object(Bucket=BUCKET, Key="aurora/a/3")
    put(s3, "aurora/b/0", b"elsewhere")
    put(s3, "aurora2/a/0", b"another tenant's")
    found: dict[str, bool] = {}
    after: str | None = None
    pages = 0
    while True:
        page = versions.page("a/", after=after, limit=5)
        found |= {key.key: key.is_present for key in page.keys}
        after, pages = page.after, pages + 1
        if after is None:
            break
    assert found == {f"aurora/a/{number}": number != 3 for number in range(7)}
    assert pages > 1


def test_a_replaced_object_has_no_former_version(s3: Any, versions: ObjectVersions) -> None:
    put(s3, "aurora/a/1", b"old", b"older names")
    assert versions.replace("aurora/a/1", b"new", content_type="application/json") == 2
    assert left(s3, "aurora/a/1") == [("aurora/a/1", False)]
    assert versions.read("aurora/a/1", max_bytes=10) == b"new"


def test_what_is_not_there_or_too_large_is_not_read(s3: Any, versions: ObjectVersions) -> None:
    put(s3, "aurora/a/1", b"12345")
    assert versions.read("aurora/a/1", max_bytes=5) == b"12345"
    assert versions.read("aurora/a/1", max_bytes=4) is None
    assert versions.read("aurora/a/2", max_bytes=4) is None


@pytest.mark.parametrize("key", ["borealis/a/1", "aurora", "aurora2/a", "/aurora/a", ""])
def test_another_tenants_key_is_a_defect(versions: ObjectVersions, key: str) -> None:
    for call in (
        lambda: versions.erase(key),
        lambda: versions.read(key, max_bytes=1),
        lambda: versions.replace(key, b"", content_type="text/plain"),
        lambda: versions.page(after=key),
    ):
        with pytest.raises(ValueError, match="tenant"):
            call()
    with pytest.raises(ValueError, match="tenant"):
        ObjectVersions(lambda: None, BUCKET, "au/rora")


def test_a_folder_is_erased_whole_and_only_a_folder(s3: Any, versions: ObjectVersions) -> None:
    put(s3, "aurora/a/1", b"x", b"y")
    put(s3, "aurora/ab", b"x")
    assert versions.erase_folder("a/") == 2
    assert left(s3) == [("aurora/ab", False)]
    with pytest.raises(ValueError, match="slash"):
        versions.erase_folder("a")


def test_an_object_of_more_versions_than_a_page_has_is_told_once_and_ends(
    s3: Any, versions: ObjectVersions
) -> None:
    put(s3, "aurora/a/1", *(b"%d" % number for number in range(12)))
    put(s3, "aurora/a/2", b"x")
    found: list[tuple[str, bool]] = []
    after: str | None = None
    for _ in range(20):
        page = versions.page("a/", after=after, limit=5)
        found += [(key.key, key.is_present) for key in page.keys]
        after = page.after
        if after is None:
            break
    assert after is None
    assert found == [("aurora/a/1", True), ("aurora/a/2", True)]
