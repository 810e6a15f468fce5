"""Sixty texts that carry themselves out where a page escapes too little, wherever somebody's text is shown."""

import json
from urllib.parse import quote, urlencode

import pytest
from django.utils import timezone
from playwright.sync_api import Dialog

from tests.browser.conftest import Visitor, Visits
from tests.browser.payloads import PAYLOADS
from tests.factories import (
    BusinessKeyFactory,
    ChoiceResultFactory,
    DeploymentFactory,
    DeploymentStepFactory,
    EventFactory,
    TransactionFactory,
    UserFactory,
    VisitFactory,
)
from transactions.models import Execution, LogReading, Preset, Transaction
from workflows.models import Deployment, User
from workflows.services import activity

pytestmark = pytest.mark.browser
ALL = "\n".join(PAYLOADS)
OBJECT = json.dumps(dict.fromkeys(PAYLOADS, ALL))
STATES = PAYLOADS[:8]
FOREIGN = (
    "[onerror], [onload], [onfocus], [onmouseover], [onpointerover], [ontoggle], [onbegin], [onstart], base, iframe,"
    "object, embed, math, marquee, #xss, meta[http-equiv], [href^='javascript' i], [action^='javascript' i]"
)


def definition() -> str:
    rules = [
        {"Variable": "$.TransactionType", "StringEquals": one, "Next": STATES[at % len(STATES)]}
        for at, one in enumerate(PAYLOADS)
    ]
    ends = {name: {"Type": "Fail", "Error": name, "Cause": ALL, "Comment": ALL} for name in STATES}
    return json.dumps({"Comment": ALL, "StartAt": "?", "States": {"?": {"Type": "Choice", "Choices": rules}, **ends}})


def schema() -> str:
    named = {one: {"type": "string", "title": one, "description": one, "examples": [one]} for one in PAYLOADS}
    chosen = {
        "radio": {"enum": PAYLOADS[:4]},
        "select": {"enum": PAYLOADS, "title": ALL},
        "variant": {"oneOf": [{"title": one, "type": "string"} for one in PAYLOADS]},
        "list": {"type": "array", "items": {"type": "string", "title": PAYLOADS[0]}, "description": ALL},
        "fixed": {"const": PAYLOADS[1]},
    }
    return json.dumps({"type": "object", "properties": named | chosen, "required": ["fixed"]})


def told(row: Transaction) -> None:
    """All that AWS and the functions may have said of one."""
    now = timezone.now()
    Execution.objects.filter(pk=row.pk).update(arn="arn:x", read_at=now, events_read=1, problem=ALL)
    seen = {"variable": ALL, "operator": "StringEquals", "expected": ALL, "actual": ALL, "matched": False, "why": ALL}
    for one in PAYLOADS[:3]:
        rules = [{"index": 0, "next": one, "matched": False, "test": seen}]
        ChoiceResultFactory.create(execution=row.execution, state=one, next=one, rules=rules, agrees=False)
    for one in PAYLOADS:
        VisitFactory.create(
            execution=row.execution, state=one, status="failed", error=one, cause=one, input=OBJECT, output=ALL
        )
        EventFactory.create(execution=row.execution, type=one[:60], state=one, details={one: one})
        BusinessKeyFactory.create(transaction=row, name=one[:60], text=one)
    lines = [
        {"at": now.isoformat(), "function": one, "text": one, "request_id": one, "is_exact": True} for one in PAYLOADS
    ]
    LogReading.objects.create(execution=row.execution, asked_at=now, read_at=now, lines=lines)


def spoiled() -> tuple[User, Deployment, Transaction]:
    """An installation in which every text that somebody can give is one of them."""
    user = UserFactory.create(username=PAYLOADS[0], role="admin")
    deployment = DeploymentFactory.create(
        requested_by=user,
        workflow_revision__workflow__title=PAYLOADS[0],
        workflow_revision__definition=definition(),
        workflow_revision__input_schema=schema(),
        workflow_revision__keys={PAYLOADS[0]: "$.TransactionType"},
        workflow_revision__problems=[{"severity": "warning", "message": one, "path": one} for one in PAYLOADS],
    )
    DeploymentStepFactory.create(deployment=deployment, name=PAYLOADS[0], detail=ALL)
    for one in PAYLOADS:
        row = TransactionFactory.create(
            deployment=deployment, created_by=user, status="failed", reference=one, error=one, cause=ALL, input=OBJECT,
            output=OBJECT, waiting_for=ALL, waiting_since=timezone.now(),
        )  # fmt: skip
        Preset.objects.create(workflow=row.workflow, name=one[:60], input=OBJECT)
    told(row)
    activity.record(PAYLOADS[0][:40], row, by=user, before={ALL: ALL}, after={ALL: PAYLOADS})
    return user, deployment, row


def watch(visitor: Visitor) -> list[str]:
    """What is carried out, or tried to be, on any page."""
    seen: list[str] = []

    def on_dialog(dialog: Dialog) -> None:
        seen.append(dialog.message)
        dialog.dismiss()

    visitor.page.on("dialog", on_dialog)
    visitor.page.expose_function("__refused", lambda text: seen.append(text))  # noqa: PLW0108 - playwright cannot take a bound method
    visitor.page.add_init_script(
        "document.addEventListener('securitypolicyviolation', (e) => __refused(e.violatedDirective + ' ' + e.sample))"
    )
    return seen


def test_no_text_of_anybody_is_carried_out_on_any_page(visits: Visits) -> None:
    user, deployment, row = spoiled()
    visitor = visits()
    seen = watch(visitor)
    visitor.sign_in(user)
    name = "transaction-processor"
    wanted = urlencode([("reference", one) for one in PAYLOADS[:5]] + [("q", PAYLOADS[5])])
    shows_text = {"/transactions/", f"/transactions/{row.pk}", f"/transactions/{row.pk}/logs", "/transactions/new"}
    for path in (
        "/",
        "/transactions/",
        f"/transactions/?{wanted}",
        f"/transactions/?workflow={quote(PAYLOADS[3])}&status={quote(PAYLOADS[4])}&branch={quote(PAYLOADS[6])}",
        "/transactions/new",
        f"/transactions/new?workflow={name}",
        f"/transactions/{row.pk}",
        *(f"/transactions/{row.pk}/{tab}" for tab in ("timeline", "data", "logs", "events", "history", "again")),
        "/workflows/",
        f"/workflows/{name}",
        f"/workflows/{name}/edit",
        f"/charts?workflow={name}",
        f"/deployments/{deployment.pk}",
        "/activity/",
        f"/search?q={quote(PAYLOADS[2])}",
    ):
        page = visitor.go(path)
        assert page.evaluate("performance.getEntriesByType('navigation')[0].responseStatus") == 200, path
        assert not page.evaluate("window.__xss"), path
        assert not seen, f"{path}: {seen}"
        assert page.locator(FOREIGN).count() == 0, f"{path}: {page.locator(FOREIGN).first.evaluate('e => e.outerHTML')}"
        if path in shows_text:
            assert PAYLOADS[0] in page.inner_text("main"), path


def test_what_is_tried_is_noticed(visits: Visits) -> None:
    visitor = visits()
    seen = watch(visitor)
    page = visitor.go("/login")
    page.evaluate("text => document.body.insertAdjacentHTML('beforeend', text)", PAYLOADS[0])
    page.wait_for_function("document.querySelector('[onerror]')")
    page.wait_for_timeout(200)
    assert seen
    assert page.locator(FOREIGN).count() == 1
