"""The page that tells who did what."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflows import selectors

SHOWN = 50


@require_safe
def activity_page(request: HttpRequest) -> HttpResponse:
    """Who did what, newest first."""
    before = request.GET.get("before", "")
    rows = selectors.activity(int(before) if before.isdecimal() else None, SHOWN + 1)
    return render(request, "workflows/activity.html", {"rows": rows[:SHOWN], "has_more": len(rows) > SHOWN})
