"""Declarations that contradict themselves are refused when they are made."""

from __future__ import annotations

import pytest

from zebros_core.http import CacheRule, HttpApp, Response, Routes, WireModel, combine


class Body(WireModel):
    name: str


def handler(request):
    return Response()


@pytest.mark.parametrize(
    ("method", "path", "declaration"),
    [
        ("get", "v1/widgets", {}),
        ("get", "/v1/widgets/<id>", {}),
        ("get", "/v1/widgets/{a}{b}", {}),
        ("post", "/v1/widgets", {"merge_patch": True, "body": Body}),
        ("patch", "/v1/widgets", {"merge_patch": True}),
        ("post", "/v1/widgets", {"cache": CacheRule(list_name="widgets")}),
        ("get", "/v1/widgets", {"idempotent": "record"}),
        ("post", "/v1/shelves", {"access": "platform", "idempotent": "record"}),
        ("get", "/v1/shelves", {"access": "platform", "permission": ("widget", "read")}),
        ("get", "/v1/shelves", {"access": "platform", "cache": CacheRule(list_name="shelves")}),
        ("get", "/v1/widgets/{id}", {"cache": CacheRule(entity="widget", id_param="widgetId")}),
    ],
)
def test_a_contradiction_is_refused(method, path, declaration):
    with pytest.raises(ValueError, match=r"\w"):
        getattr(Routes("widgets"), method)(path, operation="x", **declaration)(handler)


def test_a_misspelt_member_is_refused():
    with pytest.raises(TypeError):
        Routes("widgets").get("/v1/widgets", operation="x", permision=("widget", "read"))(handler)


@pytest.mark.parametrize(
    "rule", [{}, {"entity": "widget"}, {"entity": "w", "id_param": "i", "list_name": "l"}]
)
def test_a_cache_rule_is_of_a_record_or_of_a_list(rule):
    with pytest.raises(ValueError, match="either"):
        CacheRule(**rule)


def test_two_routes_of_one_path_or_one_name_are_refused():
    routes = Routes("widgets")
    routes.get("/v1/widgets/{widgetId}", operation="getWidget")(handler)
    same_path, same_name = Routes("a"), Routes("b")
    same_path.get("/v1/widgets/{id}", operation="other")(handler)
    same_name.get("/v1/other", operation="getWidget")(handler)

    with pytest.raises(ValueError, match="declared twice"):
        combine(routes, same_path)
    with pytest.raises(ValueError, match="declared twice"):
        combine(routes, same_name)


def test_a_suffix_wins_over_the_parameter_before_it(world):
    assert world.call("POST", "/v1/widgets/01JC8Z4T5V6W7X8Y9ZABCDEFGH:polish").status == 200
    assert isinstance(world.app, HttpApp)
