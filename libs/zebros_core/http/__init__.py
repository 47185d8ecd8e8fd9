"""HTTP for services: declare routes, and one app factory does the rest the same way everywhere."""

from zebros_core.http.app import HttpApp
from zebros_core.http.idempotency import IdempotencyKey, IdempotencyRecords
from zebros_core.http.merge_patch import MergePatch
from zebros_core.http.messages import CacheWrite, Request, Response
from zebros_core.http.paging import DIGITS, PageBody, PageQuery
from zebros_core.http.query import NoQuery, QueryModel
from zebros_core.http.routing import CacheRule, Example, HeaderParameter, Route, Routes, combine
from zebros_core.http.wire import Id, Instant, JsonScalar, WireModel

__all__ = [
    "DIGITS",
    "CacheRule",
    "CacheWrite",
    "Example",
    "HeaderParameter",
    "HttpApp",
    "Id",
    "IdempotencyKey",
    "IdempotencyRecords",
    "Instant",
    "JsonScalar",
    "MergePatch",
    "NoQuery",
    "PageBody",
    "PageQuery",
    "QueryModel",
    "Request",
    "Response",
    "Route",
    "Routes",
    "WireModel",
    "combine",
]
