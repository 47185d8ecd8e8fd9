"""What the app does with paths, queries, bodies and preconditions, good and bad."""

from __future__ import annotations

import base64

import pytest

W = "/v1/widgets/01JC8Z4T5V6W7X8Y9ZABCDEFGH"


def test_a_create_answers_201_with_place_and_version(world):
    answer = world.call(
        "POST", "/v1/widgets", {"name": "Nut", "dueAt": "2026-05-01T10:00:00+02:00", "price": 1.5}
    )

    assert answer.status == 201
    assert answer.headers["Location"] == W
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["X-Fields"] == "due_at,name,price"
    assert answer.json["dueAt"] == "2026-05-01T08:00:00Z"
    assert answer.json["price"] == "1.5"


def test_a_body_in_base64_is_read(world):
    raw = base64.b64encode(b'{"name": "Nut"}').decode()
    assert world.call("POST", "/v1/widgets", raw=raw, base64=True).status == 201


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"/name": "missing"}),
        ({"name": ""}, {"/name": "string_too_short"}),
        ({"name": 7}, {"/name": "string_type"}),
        ({"name": "x", "colour": 1}, {"/colour": "extra_forbidden"}),
        ({"name": "x", "due_at": "2026-01-01T00:00:00Z"}, {"/due_at": "extra_forbidden"}),
        ({"name": "x", "dueAt": "2026-01-01T00:00:00"}, {"/dueAt": "value_error"}),
        ({"name": "x", "dueAt": "2026-01-01"}, {"/dueAt": "value_error"}),
        ({"name": "x", "dueAt": "1767225600"}, {"/dueAt": "value_error"}),
        ({"name": "x", "dueAt": 1767225600}, {"/dueAt": "datetime_type"}),
        ({"name": "x", "dueAt": "2026-13-01T00:00:00Z"}, {"/dueAt": "value_error"}),
        ({"name": "x", "dueAt": "0001-01-01T00:00:00+01:00"}, {"/dueAt": "value_error"}),
        ({"name": "x", "size": {"width": "7"}}, {"/size/width": "int_type"}),
        ({"name": "x", "size": {"width": 7, "a/b~c": 1}}, {"/size/a~1b~0c": "extra_forbidden"}),
        ([], {"": "model_type"}),
        ("text", {"": "model_type"}),
    ],
)
def test_a_body_that_breaks_a_rule_is_422_with_a_pointer(world, body, errors):
    answer = world.call("POST", "/v1/widgets", body)

    assert answer.status == 422
    assert answer.fields == errors
    assert world.shelf.writes == 0


@pytest.mark.parametrize(
    "raw", ["{", '{"name": NaN}', '{"name": "a", "name": "b"}', "nope", '{"name": 1e999}', "[" * 99]
)
def test_what_is_not_strict_json_is_400(world, raw):
    answer = world.call("POST", "/v1/widgets", raw=raw)

    assert answer.status == 400
    assert answer.json["errors"]


def test_invalid_utf8_is_400(world):
    raw = base64.b64encode(b'{"name": "\xff"}').decode()
    answer = world.call("POST", "/v1/widgets", raw=raw, base64=True)

    assert (answer.status, answer.fields) == (400, {"": "invalid_utf8"})


def test_a_lone_surrogate_is_400_even_in_what_is_quoted_back(world):
    assert world.call("POST", "/v1/widgets", raw='{"name": "\\ud800"}').status == 400
    answer = world.call("POST", "/v1/widgets", raw='{"\\ud800": 1, "\\ud800": 2}')
    assert answer.status == 400
    answer.text.encode()


def test_bad_base64_is_400(world):
    assert world.call("POST", "/v1/widgets", raw="***", base64=True).fields == {"": "invalid_base64"}


@pytest.mark.parametrize("in_base64", [False, True])
def test_a_body_above_a_megabyte_is_413(world, in_base64):
    text = '{"name": "' + "x" * (1024 * 1024) + '"}'
    raw = base64.b64encode(text.encode()).decode() if in_base64 else text
    assert world.call("POST", "/v1/widgets", raw=raw, base64=in_base64).status == 413


def test_size_is_counted_in_bytes(world):
    assert world.call("POST", "/v1/widgets", raw='{"name": "' + "é" * (600 * 1024) + '"}').status == 413


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 201),
        ("Application/JSON; charset=UTF-8", 201),
        ("application/json; charset=latin-1", 415),
        ("text/plain", 415),
        ("application/merge-patch+json", 415),
        ("", 415),
    ],
)
def test_the_media_type_is_json(world, media_type, status):
    assert world.call("POST", "/v1/widgets", {"name": "x"}, content_type=media_type).status == status


def test_a_missing_body_and_an_unexpected_one_are_400(world):
    assert world.call("POST", "/v1/widgets").fields == {"": "missing_body"}
    assert world.call("GET", W, raw="{}").fields == {"": "unexpected_body"}


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("colour=red&nonsense=1", {"nonsense": "extra_forbidden"}),
        ("limit=0", {"limit": "greater_than_equal"}),
        ("limit=201", {"limit": "less_than_equal"}),
        ("limit=ten", {"limit": "value_error"}),
        ("limit=%2B5", {"limit": "value_error"}),
        ("limit=", {"limit": "value_error"}),
        ("limit=5&limit=6", {"limit": "repeated"}),
        ("cursor=", {"cursor": "string_too_short"}),
        ("cursor=" + "x" * 1025, {"cursor": "string_too_long"}),
        ("colour", {"": "invalid_query"}),
        ("colour=%FF", {"": "invalid_query"}),
        ("next_cursor=a", {"next_cursor": "extra_forbidden"}),
    ],
)
def test_a_wrong_query_is_400_with_the_parameter(world, query, errors):
    answer = world.call("GET", "/v1/widgets", query=query)

    assert (answer.status, answer.fields) == (400, errors)


def test_a_page_has_items_and_a_next_cursor(world):
    assert world.call("GET", "/v1/widgets", query="limit=5").json["nextCursor"] is None


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("not-an-id", 404),
        ("01jc8z4t5v6w7x8y9zabcdefgh", 404),
        ("01JC8Z4T5V6W7X8Y9ZABCDEFG%C3%A9", 404),
        ("aurora%2301JC8Z4T5V6W7X8Y9Z", 400),
        ("01JC8Z4T5V6W7X8Y9ZABCDEFG%00", 400),
        ("01JC8Z4T5V6W7X8Y9ZABCDEFGH%0A", 400),
        ("%FF", 400),
        ("aurora#01JC8Z4T5V6W7X8Y9Z", 400),
        ("01JC8Z4T5V6W7X8Y9ZABCDEFG\x00", 400),
    ],
)
def test_what_cannot_be_an_id_is_missing_and_what_tries_more_is_malformed(world, value, status):
    answer = world.call("GET", f"/v1/widgets/{value}")

    assert answer.status == status
    assert world.shelf.reads == 0
    if status == 400:
        assert set(answer.fields) <= {"widgetId", "path"}


def test_a_parameter_that_is_no_id_has_its_own_pattern(world):
    answer = world.call("GET", "/v1/colours/bl%C3%A9")
    assert answer.json == {"name": "blé", "tenant": "aurora"}
    assert world.call("GET", "/v1/colours/RED").status == 404


def test_a_merge_patch_changes_what_it_names_and_null_removes(world):
    world.call("PATCH", W, {"price": 2.5, "size": {"width": 3, "unit": "mm"}}, if_match='"1"')
    answer = world.call(
        "PATCH", W, {"size": {"unit": None}}, if_match='"2"', content_type="application/merge-patch+json"
    )

    assert answer.status == 200
    assert answer.json["size"] == {"width": 3, "unit": None}
    assert answer.json["price"] == "2.5"
    assert answer.headers["ETag"] == '"3"'


@pytest.mark.parametrize(
    ("patch", "errors"),
    [
        ({"name": None}, {"/name": "missing"}),
        ({"colour": "red"}, {"/colour": "extra_forbidden"}),
        ({"size": {"depth": 1}}, {"/size/width": "missing", "/size/depth": "extra_forbidden"}),
        ({"name": "x" * 21}, {"/name": "string_too_long"}),
        ([1], {"": "object_type"}),
    ],
)
def test_a_patch_is_judged_by_the_whole_that_it_makes(world, patch, errors):
    answer = world.call("PATCH", W, patch, if_match='"1"')

    assert (answer.status, answer.fields) == (422, errors)
    assert world.call("GET", W).headers["ETag"] == '"1"'


def test_a_replacing_write_without_if_match_is_428(world):
    answer = world.call("PATCH", W, {"price": 1})
    assert (answer.status, answer.fields) == (428, {"If-Match": "missing"})


@pytest.mark.parametrize("tag", ['"7"', '"abc"', 'W/"1"', '"01"', '""'])
def test_a_tag_of_another_version_is_412_with_the_current_one(world, tag):
    answer = world.call("PATCH", W, {"price": 1}, if_match=tag)

    assert answer.status == 412
    assert answer.json["currentVersion"] == 1


@pytest.mark.parametrize("tag", ["1", "", '"1", "2"', "'1'"])
def test_what_is_no_entity_tag_is_400(world, tag):
    assert world.call("PATCH", W, {"price": 1}, if_match=tag).status == 400


def test_a_star_matches_whatever_is_there(world):
    assert world.call("PATCH", W, {"price": 1}, if_match="*").status == 200


def test_an_optional_if_match_is_honoured(world):
    assert world.call("DELETE", W, if_match='"9"').status == 412
    answer = world.call("DELETE", W)
    assert (answer.status, answer.text) == (204, "")
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("tags", ['"1"', 'W/"1"', '"0", "1"', "*"])
def test_a_client_that_has_the_version_gets_304_and_no_body(world, tags):
    answer = world.call("GET", W, if_none_match=tags)

    assert (answer.status, answer.text) == (304, "")
    assert answer.headers["ETag"] == '"1"'


def test_a_client_with_another_version_gets_the_body(world):
    assert world.call("GET", W, if_none_match='"2", "11"').status == 200


def test_a_duplicate_names_the_records(world):
    answer = world.call("POST", "/v1/widgets", {"name": "Taken"})

    assert answer.status == 409
    assert answer.json["records"] == [
        {"entity": "widget", "id": "01JC8Z4T5V6W7X8Y9ZABCDEFGH", "match": "name"}
    ]
