"""`/analytics.csv` and `/analytics.json`: the figures of posts as a file, for spreadsheets and other programs.

The promise: what comes is of the caller's workspace alone, asks for the scope `read`, and is written while it is read,
so that a year of posts takes no more memory than a page of them.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from app.domain.figures.report import Question
from app.domain.keys.errors import KeyRefused, ScopeMissing
from app.domain.keys.model import Scope
from app.flows.figures.export import ExportFormat, export, span_of
from app.flows.identify import identify
from app.flows.runtime import Runtime
from app.http.refusals import refused
from app.kernel.errors import DomainError
from connectors.secret import Secret
from schema.filters import keys, words

TYPES = {ExportFormat.CSV: "text/csv", ExportFormat.JSON: "application/json"}


def routes(rt: Runtime) -> list[BaseRoute]:
    """Both addresses."""

    def route(form: ExportFormat) -> Route:
        async def answer(request: Request) -> Response:
            return await _answer(rt, request, form)

        return Route(f"/analytics.{form.value}", answer, methods=["GET"], name=f"analytics-{form.value}")

    return [route(form) for form in ExportFormat]


async def _answer(rt: Runtime, request: Request, form: ExportFormat) -> Response:
    asked = request.query_params
    try:
        caller = await identify(rt, Secret(request.headers.get("authorization", "")))
        if Scope.READ not in caller.scopes:
            raise ScopeMissing(Scope.READ.value)
        start, end = span_of(asked.get("from"), asked.get("to"))
        platforms, connections = (asked.getlist(name) or None for name in ("platform", "connection"))
        given = (words(platforms), keys(connections, "Connection"))
    except KeyRefused as error:
        answer = refused(error)
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    except DomainError as error:
        return refused(error)
    question = Question(start, end, "day", "UTC", platforms=given[0], connections=given[1])
    headers = {
        "Content-Disposition": f'attachment; filename="analytics.{form.value}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(export(rt.db, caller.tenant_id, question, form), 200, headers, TYPES[form])
