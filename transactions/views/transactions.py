"""Pages of transactions. Thin: reads from selectors and story; every change goes through a service."""

import uuid
from collections.abc import Callable
from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from transactions import branches, duplicates, exports, filtering, forms, predictions, presets, selectors, story
from transactions.models import Preset, Transaction
from transactions.services import recovery, submissions, watching
from transactions.statuses import REDRIVABLE, TRANSACTION
from workflows import inputs, json_text, sessions
from workflows import selectors as catalogue
from workflows.inputs import FieldProblem
from workflows.models import Deployment, Environment, User, Workflow, WorkflowRevision
from workflows.services import idempotency
from workflows.services.access import Forbidden

# ---- the list


@require_safe
def transaction_list(request: HttpRequest) -> HttpResponse:
    """The transactions that fit the filters in the address, newest first."""
    workflows, vocabulary = catalogue.every_workflow(_looked_at(request.GET))
    known = selectors.Known(workflows, sessions.environments(request), vocabulary)
    filters, problems = filtering.parse(request.GET, known, besides=(filtering.CURSOR,))
    rows = filtering.narrow(selectors.find(filters), filters, request.GET, sessions.environment(request))
    try:
        page, count = selectors.counted_page(rows, request.GET.get(filtering.CURSOR, ""))
    except selectors.BadCursor:
        messages.info(request, "The address was of no place in the list, so this is where it begins.")
        return redirect(f"{request.path}?{_without_place(request.GET)}")
    shown = {"page": page, "problems": problems, "count": count, "most": selectors.MOST, "workflows": workflows}
    shown |= _filters(request, vocabulary)
    shown["may_begin"] = bool(page.results) or catalogue.runs_workflows(sessions.environment(request))
    # Of one workflow those of its newest revision; of any also those that are on the page anyway.
    taken = (choice.next for row in page.results for choice in row.execution.choices.all() if choice.next)
    shown["branches"] = list(dict.fromkeys([*vocabulary.branches, *taken]))
    return render(request, "transactions/transaction_list.html", shown)


def _without_place(params: QueryDict) -> str:
    left = params.copy()
    left.pop(filtering.CURSOR, None)
    return left.urlencode()


@require_safe
def newer_count(request: HttpRequest) -> HttpResponse:
    """How many that fit came after the newest on the page: told by a pill, so that rows do not jump."""
    try:
        newest = uuid.UUID(request.GET.get("newer-than", ""))
    except ValueError as error:
        raise Http404 from error
    filters, problems = filtering.parse(request.GET, besides=(filtering.CURSOR, "newer-than", "shown"))
    rows = filtering.narrow(selectors.find(filters), filters, request.GET, sessions.environment(request))
    count = 0 if problems else selectors.count_up_to(rows.filter(pk__gt=newest), filtering.MOST_NEWER)
    if str(count) == request.GET.get("shown", "0"):
        return HttpResponse(status=204)
    params = request.GET.copy()
    for name in ("newer-than", "shown", filtering.CURSOR):
        params.pop(name, None)
    shown = {"count": count, "most": filtering.MOST_NEWER, "newest": newest, "address": params.urlencode()}
    return render(request, "transactions/_newer.html", shown)


@require_safe
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """All that fits the filters in the address, as a file."""
    filters, problems = filtering.parse(request.GET, besides=(filtering.CURSOR,))
    if problems:
        return HttpResponseBadRequest("\n".join(f"{one.path}: {one.message}" for one in problems), "text/plain")
    rows = filtering.narrow(selectors.find(filters), filters, request.GET, sessions.environment(request))
    if form == "csv":
        pieces, kind = exports.to_csv(rows, catalogue.every_key(filters.include.workflows)), "text/csv; charset=utf-8"
    else:
        pieces, kind = exports.to_json(rows), "application/json"
    answer = StreamingHttpResponse(pieces, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="transactions.{form}"'
    return answer


def _looked_at(params: QueryDict) -> str:
    """The one workflow the list is narrowed to, if it is one."""
    named = set(filter(None, params.getlist("workflow")))
    return named.pop() if len(named) == 1 else ""


def _filters(request: HttpRequest, vocabulary: catalogue.Vocabulary) -> dict[str, object]:
    """The controls of the list: business keys are among them when one workflow is looked at."""
    params = request.GET
    keys = filtering.key_controls(vocabulary.keys, params)
    shown = ("workflow", "status", "branch", "created_after", "created_before", *(key.param for key in keys))
    return {
        "params": params,
        "chips": filtering.chips(params),
        "keys": keys,
        "hidden": [*filtering.hidden(params, shown), *_place(request)],
        "statuses": TRANSACTION.values(),
    }


def _place(request: HttpRequest) -> list[tuple[str, str]]:
    """The environment, for the address of what is filtered: where there are several, it is kept with the filters."""
    environment, is_there = sessions.environment(request), sessions.PARAM in request.GET
    if environment is None or is_there or len(sessions.environments(request)) < 2:
        return []
    return [(sessions.PARAM, environment.slug)]


@require_safe
def summary(request: HttpRequest) -> HttpResponse:
    """Which branches a workflow took in the last days: a part of the workflow's page."""
    workflow = get_object_or_404(Workflow, name=request.GET.get("workflow", ""))
    mix = branches.mix(workflow, sessions.environment(request))
    return render(request, "transactions/_summary.html", {"mix": mix, "workflow": workflow})


# ---- submitting


def new_transaction(request: HttpRequest) -> HttpResponse:
    """Choose a workflow, then fill in its form; on POST, check it, switch between form and JSON, or submit it."""
    asked, environment = request.GET.get("workflow", ""), sessions.environment(request)
    deployment = catalogue.live_by_name(asked, environment)
    if deployment is None:
        return _choose(request, asked, environment)
    fields = inputs.fields(_revision(deployment).input_schema)
    if request.method != "POST":
        if sent := _sent(request, deployment):
            return _form(request, deployment, _draft_of(fields, sent, request), sent=sent)
        kept = presets.chosen(request, deployment.workflow)
        draft = forms.of_text(fields, kept.input) if kept else forms.blank(fields)
        return _form(request, deployment, draft, preset=kept, is_untouched=kept is None)
    draft = forms.of_post(fields, request.POST.dict())
    return _act(request, deployment, draft, lambda: _submit(request, deployment, draft))


def _choose(request: HttpRequest, asked: str, environment: Environment | None) -> HttpResponse:
    """The workflows that can be given transactions; what was asked for and is none of them is refused in words."""
    entries = [entry for entry in catalogue.workflows(environment) if entry.live]
    is_sent = request.method == "POST"
    known = Workflow.objects.filter(name=asked).first()
    shown = {"entries": entries, "asked": asked, "known": known, "is_refused": is_sent or asked}
    status = 422 if is_sent else 404
    return render(request, "transactions/choose.html", shown, status=status if shown["is_refused"] else 200)


@require_POST
def predict(request: HttpRequest) -> HttpResponse:
    """The way that what is typed so far will take: the form asks while it is filled in."""
    again = _run_again_of(request.GET.get("rerun_of", ""))
    if again:
        sessions.show(request, again.environment)
    deployment = catalogue.live_by_name(request.GET.get("workflow", ""), sessions.environment(request))
    if deployment is None:
        raise Http404
    draft = forms.of_post(inputs.fields(_revision(deployment).input_schema), request.POST.dict())
    shown = {**_foreseen(deployment, draft, again), "is_part": True}
    return render(request, "transactions/_prediction.html", shown)


def _run_again_of(pk: str) -> Transaction | None:
    """The transaction that the form runs again, by the id in its address. Raises Http404."""
    if not pk:
        return None
    try:
        return _transaction(uuid.UUID(pk))
    except ValueError as error:
        raise Http404 from error


def run_again(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The same form, filled with the input of a transaction that was."""
    row = _transaction(pk)
    sessions.show(request, row.environment)
    deployment = catalogue.live_by_name(row.workflow.name, row.environment)
    if deployment is None:
        messages.error(request, "Its workflow is not deployed here any more. Deploy it, then run this again.")
        return redirect("transactions:transaction", pk=pk)
    fields = inputs.fields(_revision(deployment).input_schema)
    if request.method != "POST":
        if sent := _sent(request, deployment):
            return _form(request, deployment, _draft_of(fields, sent, request), rerun_of=row, sent=sent)
        return _form(request, deployment, forms.of_text(fields, row.input, row.reference), rerun_of=row)
    draft = forms.of_post(fields, request.POST.dict())
    return _act(request, deployment, draft, lambda: _submit_again(request, row, draft), rerun_of=row)


def _sent(request: HttpRequest, deployment: Deployment) -> Transaction | None:
    """What came of the form that Back leads to: its script put its key into the address."""
    key = request.GET.get("sent", "")
    found = selectors.sent_with(key, _user(request)) if key else None
    return found if found and found.workflow_id == deployment.workflow_id else None


def _draft_of(fields: tuple[inputs.Field, ...], sent: Transaction, request: HttpRequest) -> forms.Draft:
    """The form as it was sent; its key stays, so that sending it again unchanged makes nothing new."""
    return replace(forms.of_text(fields, sent.input, sent.reference), key=request.GET["sent"])


def _act(
    request: HttpRequest,
    deployment: Deployment,
    draft: forms.Draft,
    send: Callable[[], submissions.Submitted],
    rerun_of: Transaction | None = None,
) -> HttpResponse:
    """Do what the button pressed says: switch the way of writing, look at the branch, or send."""
    action = request.POST.get("action") or "submit"
    if action == "preset" and deployment.workflow:
        return presets.ask_name(request, deployment.workflow, json_text.pretty(draft.input))
    if action == "as-json":
        return _form(request, deployment, draft.as_json(), rerun_of)
    if action == "as-form":
        return _form(request, deployment, draft.as_form(), rerun_of)
    if action == "refresh" and request.headers.get("HX-Request") and request.POST.get("shape") == draft.shape:
        return HttpResponse(status=204)
    if action in ("predict", "refresh"):
        return _form(request, deployment, draft, rerun_of)
    if action.startswith("add "):
        return _form(request, deployment, draft.with_row(action.removeprefix("add ")), rerun_of)
    if action.startswith("remove "):
        return _form(request, deployment, draft.without_row(action.removeprefix("remove ")), rerun_of)
    try:
        return redirect("transactions:transaction", pk=send().transaction.pk)
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    except submissions.Rejected as refused:
        problems = refused.problems
    except idempotency.KeyReused:
        draft = replace(draft, key=uuid.uuid4().hex)
        problems = (
            FieldProblem("", "This form was sent before with other values. Send it again to submit these too."),
        )
    except idempotency.KeyInFlight:
        problems = (FieldProblem("", "This form is being submitted at this moment. Look at the list in a second."),)
    return _form(request, deployment, replace(draft, problems=problems), rerun_of, status=422)


def _submit(request: HttpRequest, deployment: Deployment, draft: forms.Draft) -> submissions.Submitted:
    workflow = deployment.workflow
    assert workflow is not None  # noqa: S101 - of a workflow, by constraint
    asked = submissions.Submission(workflow.name, draft.input, deployment.environment.slug, draft.reference)
    return submissions.submit(asked, by=_user(request), key=draft.key)


def _submit_again(request: HttpRequest, row: Transaction, draft: forms.Draft) -> submissions.Submitted:
    return recovery.run_again(row, by=_user(request), input=draft.input, key=draft.key)


def _form(
    request: HttpRequest,
    deployment: Deployment,
    draft: forms.Draft,
    rerun_of: Transaction | None = None,
    status: int = 200,
    preset: Preset | None = None,
    sent: Transaction | None = None,
    is_untouched: bool = False,
) -> HttpResponse:
    shown: dict[str, object] = {"deployment": deployment, "draft": draft, "rerun_of": rerun_of, "preset": preset}
    shown["sent"] = sent
    shown["presets"] = [] if rerun_of else presets.of_workflow(deployment.workflow)
    shown |= _foreseen(deployment, draft, rerun_of, is_untouched=is_untouched)
    shown["may_submit"] = request.user.has_perm("transactions.submit")
    return render(request, "transactions/new.html", shown, status=status)


def _foreseen(
    deployment: Deployment, draft: forms.Draft, rerun_of: Transaction | None, *, is_untouched: bool = False
) -> dict[str, object]:
    revision = _revision(deployment)
    # That an input nobody has typed yet would fail is no news.
    is_blank = is_untouched and not _is_whole(draft.input, revision.input_schema)
    missing, wrong = draft.missing(revision.input_schema), draft.wrong(revision.input_schema)
    prediction = predictions.foresee(revision, "{}" if is_blank else draft.input, missing, wrong)
    text = draft.input if draft.mode == "form" else ""
    earlier = duplicates.find(deployment, draft.input, besides=rerun_of)
    edited = story.changes(rerun_of.input, draft.input) if rerun_of else None
    return {"prediction": prediction, "duplicates": earlier, "text": text, "edited": edited}


def _is_whole(text: str, schema: str) -> bool:
    try:
        return not inputs.check(inputs.parse_input(text), schema)
    except inputs.InputProblem:
        return False


def _revision(deployment: Deployment) -> WorkflowRevision:
    revision = deployment.workflow_revision
    assert revision is not None  # noqa: S101 - of a workflow, by constraint
    return revision


# ---- one transaction


@require_safe
def transaction_page(request: HttpRequest, pk: uuid.UUID, tab: str = "story") -> HttpResponse:
    """What became of it, and why: one of its tabs."""
    if tab not in story.TABS:
        raise Http404
    row = _transaction(pk)
    sessions.show(request, row.environment)
    _watch(row, tab)
    return render(request, "transactions/transaction.html", _shown(request, row, tab))


@require_safe
def transaction_live(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The same again, if it is not the version the page has; the timeline alone grows meanwhile."""
    row = _transaction(pk)
    sessions.show(request, row.environment)
    tab = request.GET.get("tab", "story")
    tab = tab if tab in story.TABS else "story"
    _watch(row, tab)
    if request.GET.get("part") == "timeline":
        return render(request, "transactions/tabs/timeline.html", {"shown": story.Shown(row, "timeline")})
    if request.GET.get("version") == story.Shown(row, tab).version:
        return HttpResponse(status=204)
    return render(request, "transactions/_transaction.html", _shown(request, row, tab))


def _watch(row: Transaction, tab: str) -> None:
    watching.watch(row)
    if tab == "logs":
        watching.want_logs(row)


@require_safe
def raw_input(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The input, character for character."""
    return _json(_transaction(pk).input)


@require_safe
def raw_output(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The output, character for character."""
    return _json(_transaction(pk).output)


@require_POST
def stop_transaction(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask for it to be stopped."""
    try:
        recovery.stop(_transaction(pk), by=_user(request))
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    except recovery.AlreadyOver:
        messages.info(request, "It was over already; there was nothing to stop.")
    return redirect("transactions:transaction", pk=pk)


@require_POST
def redrive_transaction(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask for it to go on where it failed."""
    try:
        recovery.redrive(_transaction(pk), by=_user(request))
    except Forbidden as refused:
        raise PermissionDenied(str(refused)) from refused
    except recovery.NotRedrivable as refused:
        messages.error(request, str(refused))
    return redirect("transactions:transaction", pk=pk)


# ---- what they share


def _transaction(pk: uuid.UUID) -> Transaction:
    found = story.find(pk)
    if found is None:
        raise Http404
    return found


def _shown(request: HttpRequest, row: Transaction, tab: str) -> dict[str, object]:
    may = request.user.has_perm
    return {
        "shown": story.Shown(row, tab, request.GET.dict()),
        "tab_template": f"transactions/tabs/{tab}.html",
        "may_stop": may("transactions.stop"),
        "may_rerun": may("transactions.rerun") and may("transactions.submit"),
        "may_redrive": may("transactions.rerun") and row.status in REDRIVABLE,
        "redrive_refusal": recovery.redrive_refusal(row),
    }


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - held by SignInRequired
    return request.user


def _json(text: str | None) -> HttpResponse:
    if text is None:
        raise Http404
    return HttpResponse(text, content_type="application/json")
