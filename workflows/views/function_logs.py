"""The lines a function logged: by time, text and request id, and as they come."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from workflows import log_lines, sessions
from workflows.models import Deployment, Function
from workflows.services import function_logs
from workflows.services.function_logs import RANGES, USUAL, Search
from workflows.views import function_tabs

FOLLOW_EVERY_S = 2


@require_safe
def function_log(request: HttpRequest, name: str) -> HttpResponse:
    """The page; for its live part 204 when that has it already. Following asks for newer lines, waiting does not."""
    function = get_object_or_404(Function, name=name)
    environment = sessions.environment(request)
    if environment is None:
        raise Http404
    search, follows = _search(request), request.GET.get("follow") == "on"
    is_part = getattr(request, "htmx", False)
    was_deployed = Deployment.objects.filter(environment=environment, function=function).exclude(resource_arn="")
    is_there = was_deployed.exists()
    look = function_logs.find if (is_part and not follows) or not is_there else function_logs.ask
    row = look(environment, function, search)
    if is_part and request.GET.get("version") == row.version:
        return HttpResponse(status=204)
    asked = {"range": search.range, "text": search.text, "request": search.request_id}
    asked = {name: value for name, value in asked.items() if value} | ({"follow": "on"} if follows else {})
    is_waiting = is_there and (row.read_at is None or (row.next_read_at is not None and not is_part))
    shown = {
        "search": search,
        "row": row,
        # One invocation is read as it went; of many the newest is what somebody looks for.
        "lines": log_lines.read(row.lines if search.request_id else log_lines.newest_first(row.lines)),
        "ranges": [(value, label) for value, (label, _) in RANGES.items()],
        "follows": follows,
        "is_there": is_there,
        "live_every": FOLLOW_EVERY_S if follows and row.read_at else 1 if follows or is_waiting else None,
        "live_href": f"?{urlencode(asked | {'version': row.version})}",
        "page_href": reverse("workflows:function-log", args=[name]),
    }
    if is_part:
        return render(request, "workflows/_function_log.html", shown | {"function": function})
    return render(request, "workflows/function_log.html", function_tabs.frame(request, function, "log") | shown)


def _search(request: HttpRequest) -> Search:
    wanted = {name: request.GET.get(name, "").replace("\0", "").strip() for name in ("range", "text", "request")}
    chosen = wanted["range"] if wanted["range"] in RANGES else USUAL
    return Search(chosen, wanted["text"][:200], wanted["request"][:64])
