"""Inbound hooks as pages: the address itself, the list, one hook with its log, its form and its tester.

Every change goes through the service.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from transactions import inbound, inbound_log, mappings
from transactions.inbound import Received
from transactions.models import InboundHook, InboundRequest
from transactions.services import inbound as hooks
from transactions.services.hooks import NotNow
from transactions.services.inbound import Outcome, Result
from transactions.services.submissions import Rejected
from transactions.views import begun
from workflows import sessions
from workflows.api.problems import problem
from workflows.forms.texts import LongText
from workflows.handovers import hand_over, render_once
from workflows.models import Environment, User, Workflow
from workflows.services.access import Forbidden

NOT_HERE = "There is no hook at this address, or it is switched off."
AT_MOST = f"at most {inbound.LARGEST:,} are taken."
LONGEST_TEST = 300_000
TONES = {Outcome.STARTED: "success", Outcome.DUPLICATE: "info", Outcome.FILTERED: "neutral", Outcome.REFUSED: "danger"}

# ---- the address


@csrf_exempt
@login_not_required
@require_POST
def receive(request: HttpRequest, slug: str) -> HttpResponse:
    """What other systems post to: 202 started, 200 known before or filtered, else a problem that says why."""
    hook = InboundHook.objects.select_related("workflow", "environment", "created_by").filter(slug=slug).first()
    if hook is None:
        return problem(404, NOT_HERE)
    said = request.META.get("CONTENT_LENGTH") or ""
    size = int(said) if said.isdecimal() else 0
    if not hook.is_active:
        return _unread(request, hook, size, Result(Outcome.REFUSED, 404, "It is switched off."), NOT_HERE)
    try:
        body = request.body
    except RequestDataTooBig:
        # In pieces it says no size, and is read no further than this.
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        told = f"The body has {f'{size:,}' if size else f'more than {most:,}'} bytes; {AT_MOST}"
        return _unread(request, hook, size or most, Result(Outcome.REFUSED, 413, told))
    if len(body) > inbound.LARGEST:
        told = f"The body has {len(body):,} bytes; {AT_MOST}"
        return _unread(request, hook, len(body), Result(Outcome.REFUSED, 413, told))
    return _answer(hooks.receive(hook, Received(dict(request.headers), body), address=_address(request)))


def _unread(request: HttpRequest, hook: InboundHook, size: int, result: Result, told: str = "") -> HttpResponse:
    """Refuse what is not even looked at, and note it; however often it comes, the answer is the same."""
    hooks.refuse_unknown(hook, dict(request.headers), size, result, address=_address(request))
    return problem(result.status, told or result.reason)


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _answer(result: Result) -> HttpResponse:
    if result.status == 429:
        return problem(429, result.reason, Retry_After=str(int(result.wait) + 1))
    if result.outcome == Outcome.REFUSED:
        code = "bad_signature" if result.status == 401 else ""
        return problem(result.status, result.reason, result.problems, code=code)
    started = result.row.transaction_id if result.row else None
    told = {"outcome": result.outcome, "transaction": started and str(started), "reason": result.reason or None}
    return JsonResponse(told, status=result.status)


# ---- pages


class InboundForm(forms.ModelForm):  # type: ignore[type-arg]
    """A hook being written. All that can be said field by field is said at once; the rest says the service."""

    conditions = LongText(required=False, max_length=4_000)
    mapping = LongText(required=False, max_length=mappings.LONGEST)
    secret = forms.CharField(
        required=False,
        min_length=hooks.SHORTEST_SECRET,
        max_length=hooks.LONGEST_SECRET,
        strip=True,
        error_messages={"min_length": hooks.TOO_SHORT},
    )
    workflow = forms.ModelChoiceField(Workflow.objects.all(), empty_label="Choose one")
    environment = forms.ModelChoiceField(Environment.objects.all(), empty_label="Choose one")

    class Meta:
        model = InboundHook
        fields = (
            "title",
            "slug",
            "workflow",
            "environment",
            "scheme",
            "header",
            "prefix",
            "refuses_replays",
            "conditions",
            "language",
            "mapping",
        )

    def clean(self) -> dict[str, Any]:
        """Read the filter and the mapping, whatever else is wrong."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        texts = (given.get(name, "") for name in ("conditions", "language", "mapping"))
        for one in hooks.problems_of(*texts):
            self.add_error(one.path.removeprefix("/"), one.message)
        return given


@require_safe
def hook_list(request: HttpRequest) -> HttpResponse:
    """Every inbound hook with what it received."""
    rows = inbound_log.hooks().annotate(received=Sum("requests__times"), last_at=Max("requests__received_at"))
    return render(request, "transactions/inbound/list.html", {"hooks": rows, "may_start": _may_start(request)})


def new_hook(request: HttpRequest) -> HttpResponse:
    """Write a hook that does not exist yet."""
    _require(request, hooks.MANAGE, hooks.SUBMIT)
    environment = sessions.environment(request)
    blank = InboundHook(environment=environment) if environment else InboundHook()
    return _edit(request, blank)


def edit_hook(request: HttpRequest, slug: str) -> HttpResponse:
    """Change one."""
    _require(request, hooks.MANAGE)
    return _edit(request, _get(slug))


@require_safe
def hook_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One hook: its address, what its scheme protects from, and what came."""
    return _page(request, _get(slug))


@require_POST
def rotate(request: HttpRequest, slug: str) -> HttpResponse:
    """Another secret; what is made is shown by its page, this once."""
    hook = _get(slug)
    typed = request.POST.get("secret", "").strip()
    try:
        made = _allowed(lambda: hooks.rotate(hook, by=_user(request), secret=typed or None))
    except Rejected as refused:
        messages.error(request, " ".join(one.message for one in refused.problems))
        return redirect("inbound:hook", slug=slug)
    except NotNow as why:
        messages.error(request, str(why))
        return redirect("inbound:hook", slug=slug)
    return _made(request, slug, made)


@require_POST
def end_overlap(request: HttpRequest, slug: str) -> HttpResponse:
    """The older secret is not valid any more."""
    hook = _get(slug)
    _allowed(lambda: hooks.forget_previous(hook, by=_user(request)))
    messages.success(request, "Only the newest secret is valid now.")
    return redirect("inbound:hook", slug=slug)


@require_POST
def take_over(request: HttpRequest, slug: str) -> HttpResponse:
    """It starts in their name from now on."""
    hook = _get(slug)
    _allowed(lambda: hooks.take_over(hook, by=_user(request)))
    messages.success(request, "It starts in your name from now on.")
    return redirect("inbound:hook", slug=slug)


@require_POST
def switch(request: HttpRequest, slug: str) -> HttpResponse:
    """On or off."""
    hook = _get(slug)
    hook.is_active = not hook.is_active
    _allowed(lambda: hooks.save(hook, by=_user(request)))
    messages.success(request, "It is switched on." if hook.is_active else "It is switched off: senders get a 404.")
    return redirect("inbound:hook", slug=slug)


@require_POST
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Do away with it and its log."""
    hook = _get(slug)
    _allowed(lambda: hooks.delete(hook, by=_user(request)))
    messages.success(request, f"The hook “{hook.title}” is deleted. What it started stays.")
    return redirect("inbound:list")


def tester(request: HttpRequest, slug: str) -> HttpResponse:
    """What each stage makes of a request that is pasted, or of one that was recorded. Nothing is started."""
    hook = _get(slug)
    headers, body = request.POST.get("headers", "")[:LONGEST_TEST], request.POST.get("body", "")[:LONGEST_TEST]
    recorded = _recorded(hook, request.GET.get("request", ""))
    if recorded:
        came = "\n".join(f"{name}: {value}" for name, value in recorded.headers.items()), recorded.body
        if request.method != "POST":
            headers, body = came
        elif tuple(map(_plain, (headers, body))) != tuple(map(_plain, came)):
            recorded = None  # another request by now, which is verified as it stands
    shown = {"hook": hook, "headers": headers, "body": body, "recorded": recorded}
    try:
        received = Received(_read_headers(headers), body.encode(errors="replace"))
    except ValueError as problem:
        return render(request, "transactions/inbound/tester.html", shown | {"problem": str(problem)}, status=422)
    if request.method == "POST" or recorded:
        shown["stages"] = inbound.stages(hook, received, recorded)
    return render(request, "transactions/inbound/tester.html", shown)


# ---- what they share


def _plain(text: str) -> str:
    """As it was before a browser sent it back."""
    return text.replace("\r\n", "\n")


def _read_headers(text: str) -> dict[str, str]:
    """Headers by name. Raises ValueError, whose text says which line is none."""
    headers = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or len(name.split()) != 1:
            raise ValueError(f"Line {number} is no header: write it as Name: value.")
        headers[name] = value
    return headers


def _recorded(hook: InboundHook, pk: str) -> InboundRequest | None:
    return hook.requests.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 19 else None


def _made(request: HttpRequest, slug: str, secret: str | None) -> HttpResponse:
    """To the page of the hook, which shows the secret that was made, if one was."""
    if secret:
        hand_over(request, _place(slug), secret)
    messages.success(request, "Saved.")
    return redirect("inbound:hook", slug=slug)


def _place(slug: str) -> str:
    return f"inbound hook {slug}"


def _page(request: HttpRequest, hook: InboundHook) -> HttpResponse:
    problems = inbound_log.problems(request.GET.dict(), besides=(sessions.PARAM,))
    page = inbound_log.Page([], None) if problems else inbound_log.page(hook, request.GET)
    shown = {
        "hook": hook,
        "address": request.build_absolute_uri(f"/hooks/in/{hook.slug}"),
        "limit": inbound.leaves_open(hook),
        "requests": [(row, TONES[Outcome(row.outcome)]) for row in page.results],
        "next": page.next,
        "problems": problems,
        "params": request.GET,
        "outcomes": Outcome.choices,
        "may_manage": request.user.has_perm(hooks.MANAGE),
        "may_start": _may_start(request),
    }
    return render_once(request, "transactions/inbound/hook.html", shown, _place(hook.slug))


def _edit(request: HttpRequest, hook: InboundHook) -> HttpResponse:
    is_new = hook.pk is None
    was = "" if is_new else begun.fingerprint(forms.model_to_dict(hook, InboundForm.Meta.fields))
    form = InboundForm(request.POST or None, instance=hook)
    form.fields["workflow"].queryset = Workflow.objects.order_by("name")  # type: ignore[attr-defined]
    form.fields["environment"].queryset = Environment.objects.all()  # type: ignore[attr-defined]
    is_valid = request.method == "POST" and form.is_valid()
    is_overtaken = begun.is_overtaken(request, was)
    if is_overtaken:
        form.add_error(None, begun.OVERTAKEN)
    elif is_valid:
        try:
            typed = form.cleaned_data["secret"] if is_new else None
            secret = _allowed(lambda: hooks.save(hook, by=_user(request), secret=typed or None))
        except Rejected as refused:
            for one in refused.problems:
                name = one.path.removeprefix("/")
                form.add_error(name if name in form.fields else None, one.message)
        else:
            return _made(request, hook.slug, secret)
    shown = {
        "form": form,
        "hook": None if is_new else hook,
        "begun": was,
        "limits": [(scheme.label, inbound.limit_of(scheme)) for scheme in InboundHook.Scheme],
    }
    status = 409 if is_overtaken else 422 if form.is_bound else 200
    return render(request, "transactions/inbound/form.html", shown, status=status)


def _get(slug: str) -> InboundHook:
    rows = inbound_log.hooks()
    return get_object_or_404(rows, slug=slug)


def _may_start(request: HttpRequest) -> bool:
    """Whether they may say what a hook starts, or with which secret."""
    return request.user.has_perms((hooks.MANAGE, hooks.SUBMIT))


def _require(request: HttpRequest, *permissions: str) -> None:
    for permission in permissions:
        if not request.user.has_perm(permission):
            raise PermissionDenied(str(Forbidden(permission)))


def _allowed(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - held by SignInRequired
    return request.user
