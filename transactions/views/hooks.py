"""Pages of hooks: all of them, one with its log, and the form to make or change one. Secrets are shown once."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from transactions import delivery_log, hook_forms, outcomes, payloads
from transactions.delivery_log import Filters
from transactions.hook_forms import HookForm
from transactions.models import Delivery, Hook
from transactions.selectors import BadCursor
from transactions.services import deliveries as resending
from transactions.services import hooks as services
from transactions.services.hooks import MANAGE, NotNow
from transactions.services.submissions import Rejected
from transactions.statuses import DELIVERY_TOLD, FAILING, HOOK
from transactions.views import begun
from workflows import moments, sessions
from workflows.charts import Chart
from workflows.handovers import hand_over, render_once
from workflows.models import User
from workflows.services.access import Forbidden


@require_safe
def hook_list(request: HttpRequest) -> HttpResponse:
    """Every hook, and what needs somebody."""
    problems = delivery_log.hook_problems(request.GET.dict(), besides=(sessions.PARAM,))
    is_any, status = delivery_log.hooks().exists(), request.GET.get("status", "")
    shown = {
        "hooks": [] if problems else list(delivery_log.hooks_of(status)),
        "is_any": is_any,
        "problems": problems,
        "params": request.GET,
        "statuses": [HOOK.get(one, FAILING) for one in delivery_log.HOOK_STATUSES],
        "trouble": delivery_log.trouble(),
        "chart": outcomes.chart(timezone.now(), Delivery.objects.all()) if is_any else None,
        "span": outcomes.SPAN,
        "may_manage": request.user.has_perm(MANAGE),
    }
    return render(request, "transactions/hooks/hook_list.html", shown)


@require_safe
def hook_page(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One hook: what it wants, how it fares, and what it was told."""
    hook = _hook(pk)
    shown = _state(request, hook) | log(request, hook)
    shown |= {
        "has_newest": not (shown["problems"] or shown["is_filtered"] or request.GET.get(delivery_log.CURSOR)),
        "chart": _chart(hook),
        "span": outcomes.SPAN,
    }
    return render_once(request, "transactions/hooks/hook.html", shown, _place(pk))


@require_safe
def hook_live(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What changes while a ping or another delivery is on its way, if it is not the version the page has."""
    hook, seen = _hook(pk), request.GET.get("version", "")
    shown = _state(request, hook)
    if shown["version"] == seen:
        return HttpResponse(status=204)
    page = delivery_log.page(delivery_log.find(Filters(hook=hook.pk)))
    shown |= {"page": page, "chart": _chart(hook), "span": outcomes.SPAN}
    shown |= {"has_newest": bool(request.GET.get("log")), "is_other": not seen.startswith(hook.status)}
    return render(request, "transactions/hooks/_live.html", shown)


def new_hook(request: HttpRequest) -> HttpResponse:
    """Make one; its page shows its secret, this once."""
    _require(request)
    form = HookForm(request.POST or None, initial={"events": ["transaction.succeeded", "transaction.failed"]})
    if request.method != "POST":
        return _form(request, form, None)
    if form.is_valid():
        try:
            made = services.subscribe(form.wish, by=user(request))
        except Rejected as rejected:
            form.show(rejected)
        else:
            hand_over(request, _place(made.hook.pk), made.secret)
            messages.success(request, "The hook is made. A ping is on its way to it.")
            return redirect("hooks:hook", pk=made.hook.pk)
    return _form(request, form, None, status=422)


def edit_hook(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Change what it wants, or where it leads."""
    _require(request)
    hook = _hook(pk)
    form = HookForm(request.POST or None, initial=hook_forms.of_hook(hook))
    if request.method != "POST":
        return _form(request, form, hook)
    is_valid = form.is_valid()
    if begun.is_overtaken(request, _begun(hook)):
        form.add_error(None, begun.OVERTAKEN)
        return _form(request, form, hook, status=409)
    if is_valid:
        try:
            services.change(hook, form.wish, by=user(request))
            messages.success(request, "Saved.")
            return redirect("hooks:hook", pk=pk)
        except Rejected as rejected:
            form.show(rejected)
        except NotNow as why:
            form.add_error(None, str(why))
    return _form(request, form, hook, status=422)


@require_POST
def rotate(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Give it a new secret; its page shows it, this once."""
    hook = _hook(pk)
    said = "It has a new secret. For a day messages are signed with the former one too."
    return act(
        request, lambda: hand_over(request, _place(pk), services.rotate_secret(hook, by=user(request))), said, hook
    )


@require_POST
def end_overlap(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The former secret signs no more."""
    hook = _hook(pk)
    said = "Only the newest secret signs now."
    return act(request, lambda: services.end_overlap(hook, by=user(request)), said, hook)


@require_POST
def take_over(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Answer for it from now on."""
    hook = _hook(pk)
    return act(request, lambda: services.take_over(hook, by=user(request)), "You answer for it from now on.", hook)


@require_POST
def verify(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Send it a ping."""
    hook = _hook(pk)
    said = "A ping is on its way. The hook is live once it has been answered with 2xx."
    return act(request, lambda: services.verify(hook, by=user(request)), said, hook)


@require_POST
def switch_off(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Tell it nothing more."""
    hook = _hook(pk)
    return act(request, lambda: services.switch_off(hook, by=user(request)), "It is told nothing more.", hook)


@require_POST
def delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """End the subscription."""
    hook = _hook(pk)
    return act(request, lambda: services.delete(hook, by=user(request)), f"The hook to {hook} is deleted.")


@require_POST
def resend_failed(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Send what failed or was missed since a time, or in a range."""
    hook = _hook(pk)
    try:
        since = moments.read(request.POST.get("since", ""))
        until = moments.read(request.POST["until"]) if request.POST.get("until") else None
    except ValueError:
        messages.error(request, "Nothing is sent again: say from when, and until when if not until now.")
        return redirect("hooks:hook", pk=pk)

    def ask() -> None:
        count = resending.resend_failed(hook, since, until, by=user(request))
        messages.success(request, f"{count} to be sent." if count else "Nothing failed or was missed in that time.")

    return act(request, ask, "", hook)


def _state(request: HttpRequest, hook: Hook) -> dict[str, object]:
    """How a hook fares, with the version of that, and whether it is still to change by itself."""
    last, newest, backlog = delivery_log.last_attempt(hook), delivery_log.newest(hook), delivery_log.backlog(hook)
    return {
        "hook": hook,
        "last": last,
        "failed": delivery_log.failed(hook),
        "backlog": backlog,
        "may_manage": request.user.has_perm(MANAGE),
        "version": "-".join(
            (
                hook.status,
                str(last and last.pk),
                str(newest and newest.pk),
                newest.status if newest else "",
                str(backlog and backlog.waiting),
            )
        ),
        "is_moving": bool(hook.status == "unverified" or backlog or (newest and newest.status == "pending")),
    }


def _chart(hook: Hook) -> Chart:
    return outcomes.chart(timezone.now(), hook.deliveries.all())


# ---- what pages of hooks and of deliveries share


def log(request: HttpRequest, hook: Hook | None = None) -> dict[str, object]:
    """The log as the address filters it, of one hook or of all."""
    filters, problems = delivery_log.parse(request.GET.dict(), besides=(delivery_log.CURSOR, sessions.PARAM))
    rows = Delivery.objects.none() if problems else delivery_log.find(filters)
    if hook is not None:
        rows = rows.filter(hook=hook)
    try:
        page = delivery_log.page(rows, request.GET.get(delivery_log.CURSOR, ""))
    except BadCursor as error:
        raise Http404 from error
    return {
        "page": page,
        "problems": problems,
        "params": request.GET,
        "is_filtered": any(request.GET.get(name) for name in delivery_log.FILTERS),
        "statuses": DELIVERY_TOLD.values(),
        "events": [*payloads.EVENTS, payloads.PING],
        "hook": hook,
    }


def act(request: HttpRequest, ask: Callable[[], None], said: str, hook: Hook | None = None) -> HttpResponse:
    """Ask a service, say what came of it, and show the hook again, or all where it is gone."""
    try:
        ask()
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    except NotNow as why:
        messages.error(request, str(why))
    except Rejected as rejected:
        messages.error(request, " ".join(one.message for one in rejected.problems))
    else:
        if said:
            messages.success(request, said)
    return redirect("hooks:hook", pk=hook.pk) if hook else redirect("hooks:list")


def user(request: HttpRequest) -> User:
    """Who asks."""
    assert isinstance(request.user, User)  # noqa: S101 - held by SignInRequired
    return request.user


def _hook(pk: uuid.UUID) -> Hook:
    hook = delivery_log.hook(pk)
    if hook is None:
        raise Http404
    return hook


def _require(request: HttpRequest) -> None:
    if not request.user.has_perm(MANAGE):
        raise PermissionDenied(str(Forbidden(MANAGE)))


def _form(request: HttpRequest, form: HookForm, hook: Hook | None, status: int = 200) -> HttpResponse:
    chosen = form["events"].value() or []
    events = [(event, says, event in chosen) for event, says in payloads.EVENTS.items()]
    shown = {"form": form, "hook": hook, "events": events, "begun": _begun(hook) if hook else ""}
    return render(request, "transactions/hooks/hook_form.html", shown, status=status)


def _begun(hook: Hook) -> str:
    return begun.fingerprint(hook_forms.of_hook(hook))


def _place(pk: uuid.UUID) -> str:
    return f"hook {pk}"
