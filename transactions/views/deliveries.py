"""Pages of deliveries: all of them, and one with what was sent and every try."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from transactions import delivery_log
from transactions.models import Delivery
from transactions.services import deliveries as services
from transactions.services.hooks import MANAGE
from transactions.views.hooks import act, log, user


@require_safe
def delivery_list(request: HttpRequest) -> HttpResponse:
    """What hooks were told, newest first."""
    return render(request, "transactions/hooks/delivery_list.html", log(request))


@require_safe
def delivery_page(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One delivery: what was sent, and every try."""
    row = _delivery(pk)
    shown = {
        "delivery": row,
        "tried": list(row.tried.all()),
        "may_resend": request.user.has_perm(MANAGE) and row.hook.status == "live" and _may_go_out(row),
    }
    return render(request, "transactions/hooks/delivery.html", shown)


@require_POST
def resend(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Send it again."""
    row = _delivery(pk)
    act(request, lambda: services.resend(row, by=user(request)), "It is sent again.")
    return redirect("hooks:delivery", pk=pk)


def _may_go_out(row: Delivery) -> bool:
    return row.status != "not_sent" or row.is_missed


def _delivery(pk: uuid.UUID) -> Delivery:
    row = delivery_log.get(pk)
    if row is None:
        raise Http404
    return row
