"""/v1/activities/today, upcoming, overdue and completed"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from zebros_activities.bootstrap import Container
from zebros_activities.domain.values import Instant, TimeZone
from zebros_activities.handlers.answers import page_of
from zebros_activities.handlers.bodies import ActivityBody, AgendaBody
from zebros_activities.use_cases.list_agenda import (
    list_completed,
    list_overdue,
    list_today,
    list_upcoming,
)
from zebros_core.errors import BadRequestError
from zebros_core.http import PageBody, PageQuery, Request, Response, Routes
from zebros_core.values import RecordId

routes = Routes("agenda")

_PersonId = Annotated[str | None, Field(min_length=1, max_length=64)]


class TodayQuery(PageQuery):
    """Whose day, and where."""

    owner: Annotated[_PersonId, Field(description="Whose; the caller's own unless given.")] = None
    time_zone: Annotated[
        TimeZone | None,
        Field(
            description="Where it is today, such as Europe/Berlin; else by the owner's, or the tenant's zone."
        ),
    ] = None


class UpcomingQuery(PageQuery):
    """Of what: one of the three, or none for the caller's own."""

    customer: Annotated[RecordId | None, Field(description="The id of a customer.")] = None
    related: Annotated[RecordId | None, Field(description="The id of the record that they are about.")] = None
    owner: Annotated[_PersonId, Field(description="The id of the owner.")] = None


class OverdueQuery(PageQuery):
    """Whose; all that the caller may see unless given."""

    owner: Annotated[_PersonId, Field(description="The id of the owner.")] = None
    team: Annotated[_PersonId, Field(description="The id of the team.")] = None


class CompletedQuery(PageQuery):
    """Whose, and since when."""

    owner: Annotated[_PersonId, Field(description="Whose; the caller's own unless given.")] = None
    since: Annotated[Instant | None, Field(description="The first instant.")] = None


@routes.get(
    "/v1/activities/today",
    operation="listToday",
    personal=True,
    permission=("activity", "read"),
    query=TodayQuery,
    response=AgendaBody,
    summary="What somebody has today",
)
def today(request: Request[Container, TodayQuery]) -> Response:
    """Done or not, earliest first. The day is the owner's: from midnight to midnight on the clock of their time zone,
    23 or 25 hours where it changes. Pages that follow stay with the day of the first.
    """
    query = request.query
    agenda = list_today(
        request.services.workspace(request.context),
        owner=query.owner,
        time_zone=query.time_zone,
        limit=query.limit,
        cursor=query.cursor,
    )
    day, page = agenda.day, agenda.page
    return Response(
        AgendaBody.model_construct(
            date=day.date,
            time_zone=day.time_zone,
            from_=day.start,
            to=day.end,
            items=[ActivityBody.of(activity) for activity in page.items],
            next_cursor=page.next_cursor,
        )
    )


@routes.get(
    "/v1/activities/upcoming",
    operation="listUpcoming",
    personal=True,
    permission=("activity", "read"),
    query=UpcomingQuery,
    response=PageBody[ActivityBody],
    errors=(BadRequestError,),
    summary="What is open and still ahead",
)
def upcoming(request: Request[Container, UpcomingQuery]) -> Response:
    """Earliest first; of a customer also what is about its contacts and opportunities."""
    query = request.query
    return page_of(
        list_upcoming(
            request.services.workspace(request.context),
            owner=query.owner,
            customer=query.customer,
            related=query.related,
            limit=query.limit,
            cursor=query.cursor,
        )
    )


@routes.get(
    "/v1/activities/overdue",
    operation="listOverdue",
    personal=True,
    permission=("activity", "read"),
    query=OverdueQuery,
    response=PageBody[ActivityBody],
    summary="What is open and should be done",
)
def overdue(request: Request[Container, OverdueQuery]) -> Response:
    """The longest overdue first."""
    query = request.query
    return page_of(
        list_overdue(
            request.services.workspace(request.context),
            owner=query.owner,
            team=query.team,
            limit=query.limit,
            cursor=query.cursor,
        )
    )


@routes.get(
    "/v1/activities/completed",
    operation="listCompleted",
    personal=True,
    permission=("activity", "read"),
    query=CompletedQuery,
    response=PageBody[ActivityBody],
    summary="What somebody has completed",
)
def completed(request: Request[Container, CompletedQuery]) -> Response:
    """The latest first."""
    query = request.query
    return page_of(
        list_completed(
            request.services.workspace(request.context),
            owner=query.owner,
            since=query.since,
            limit=query.limit,
            cursor=query.cursor,
        )
    )
