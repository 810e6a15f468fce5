"""The page that tells who did what."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflows import trail


@require_safe
def activity_page(request: HttpRequest) -> HttpResponse:
    """Who did what, newest first; narrowed by the address."""
    params = request.GET.dict()
    shown = {
        "page": trail.page(params),
        "params": params,
        "is_filtered": any(params.get(name) for name in trail.FILTERS),
        "kinds": [(kind, trail.in_words(kind)) for kind in trail.KINDS],
    }
    return render(request, "workflows/activity.html", shown)
