"""/v1/dashboard"""

from zebros_core.http import CacheRule, QueryModel, Request, Response, Routes
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.handlers.routes.totals import View
from zebros_pipeline.handlers.total_bodies import DashboardBody
from zebros_pipeline.use_cases.get_dashboard import get_dashboard

routes = Routes("dashboard")


class DashboardQuery(QueryModel):
    """Whose figures."""

    view: View = None


@routes.get(
    "/v1/dashboard",
    operation="getDashboard",
    permission=("dashboard", "read"),
    query=DashboardQuery,
    response=DashboardBody,
    cache=CacheRule(list_name="dashboard", narrowed_by="view"),
    summary="The day's figures",
)
def dashboard(request: Request[Container, DashboardQuery]) -> Response:
    """Pipeline by stage, what closes this month, open activities by how long they are overdue, new customers. Kept up
    from events and cached for 15 seconds; `asOf` is the newest change that shows.
    """
    now = get_dashboard(request.services.workspace(request.context), view=request.query.view)
    return Response(DashboardBody.of(now))
