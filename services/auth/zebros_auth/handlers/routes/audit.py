"""/v1/audit: what happened in the tenant"""

from typing import Annotated

from pydantic import AwareDatetime, Field

from zebros_auth.bootstrap import Container
from zebros_auth.handlers.bodies import AuditEntryBody
from zebros_auth.use_cases.read_audit import read_audit
from zebros_core.http import PageBody, PageQuery, Request, Response, Routes
from zebros_core.http.pages import page_response

routes = Routes("audit")


class AuditQuery(PageQuery):
    """Span and filters of the log."""

    from_: Annotated[
        AwareDatetime | None, Field(alias="from", description="From this instant on; by default 30 days.")
    ] = None
    to: Annotated[AwareDatetime | None, Field(description="To before this instant; by default today.")] = None
    action: Annotated[
        str | None,
        Field(pattern=r"^[a-z][a-z0-9.-]{0,64}$", description="What was done, such as `records.exported`."),
    ] = None
    actor: Annotated[str | None, Field(min_length=1, max_length=128, description="The id of who did it.")] = (
        None
    )


@routes.get(
    "/v1/audit",
    operation="listAuditEntries",
    permission=("audit", "read"),
    query=AuditQuery,
    response=PageBody[AuditEntryBody],
    summary="Read the audit log",
)
def list_(request: Request[Container, AuditQuery]) -> Response:
    """Sign-ins, changes of permissions, refusals, exports, reads of personal data in bulk: newest first.

    Entries arrive within seconds, sign-ins within two minutes, and are kept for two years. With a filter a page may be
    short before the last one.
    """
    query = request.query
    page = read_audit(
        request.services.workspace(request.context),
        since=query.from_,
        until=query.to,
        action=query.action,
        actor=query.actor,
        limit=query.limit,
        cursor=query.cursor,
    )
    return page_response(page, AuditEntryBody, AuditEntryBody.of)
