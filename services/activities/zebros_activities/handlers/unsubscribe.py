"""GET and POST /v1/unsubscribe/{token}: the public page behind the link of a mail, and the mail program's one click.

GET only asks: programs follow links to see what is behind them. POST does it (RFC 8058), with a body that says nothing
more than the token. Whatever is wrong with a token gets one and the same answer.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import cache
from html import escape
from typing import Any, Final

from zebros_activities.bootstrap import Container, container
from zebros_activities.use_cases.unsubscribe_contact import read_wish, unsubscribe_contact
from zebros_core.errors import ZebrosError

_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}
_MAX_BODY_BYTES: Final = 4096


@cache
def _container() -> Container:
    return container()


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one request of the page."""
    del context
    return respond(_container(), event)


def respond(have: Container, event: Mapping[str, Any]) -> dict[str, Any]:
    """Answer one request of the page, of this container's tenants."""
    method = str(event.get("requestContext", {}).get("http", {}).get("method", ""))
    if method not in {"GET", "HEAD", "POST"}:
        return _page(405, "This page does not take that.", Allow="GET, HEAD, POST")
    if method == "POST" and _body_bytes(event) > _MAX_BODY_BYTES:
        return _page(413, "That was too much.")
    token = str((event.get("pathParameters") or {}).get("token", ""))
    try:
        return _asked(have, token) if method != "POST" else _carried_out(have, token)
    except ZebrosError as error:
        # Whatever it is, nothing was done that the reader could not ask for again.
        have.logger.error("unsubscribing failed", extra={"reason": error.code})
        sentence = "This does not work just now. Please try again in a few minutes."
        return _page(503, sentence, **{"Retry-After": "60"})


def _asked(have: Container, token: str) -> dict[str, Any]:
    read = read_wish(token, have.mailing.tokens, have.registry)
    if read is None:
        return _not_valid()
    sentence = f"Do you want to get no more e-mail from {read[1].name}?"
    return _page(200, sentence, form='<form method="post"><button type="submit">Unsubscribe</button></form>')


def _carried_out(have: Container, token: str) -> dict[str, Any]:
    read = read_wish(token, have.mailing.tokens, have.registry)
    if read is None:
        return _not_valid()
    wish, tenant = read
    unsubscribe_contact(wish, lambda tenant_id: have.mailing.system_contacts(tenant_id, "unsubscribe"))
    have.logger.info("unsubscribed", extra={"tenantId": wish.tenant_id, "contactId": wish.contact_id})
    return _page(200, f"You will get no more e-mail from {tenant.name}.")


def _not_valid() -> dict[str, Any]:
    return _page(404, "This link is not valid, or not valid any more.")


def _page(status: int, sentence: str, *, form: str = "", **headers: str) -> dict[str, Any]:
    said = escape(sentence)
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>E-mail</title></head><body><main><p>{said}</p>{form}</main></body></html>"
    )
    return {"statusCode": status, "headers": {**_HEADERS, **headers}, "body": body}


def _body_bytes(event: Mapping[str, Any]) -> int:
    body = str(event.get("body") or "")
    if not event.get("isBase64Encoded"):
        return len(body.encode())
    try:
        return len(base64.b64decode(body, validate=True))
    except binascii.Error:
        return _MAX_BODY_BYTES + 1
