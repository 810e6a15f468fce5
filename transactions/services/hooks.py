"""Subscribes addresses to facts, changes and ends subscriptions, and switches off what cannot be reached.

Each change is checked, made and recorded here. Nothing is sent from here: workers do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from transactions import conditions, payloads, signing, targets, tasks
from transactions.conditions import BadCondition
from transactions.models import Branch, Delivery, Hook
from transactions.models.hooks import MANAGE_HOOKS
from transactions.services import reach
from transactions.services.submissions import Rejected
from transactions.targets import BadTarget
from workflows.claims import move
from workflows.doorbell import ring
from workflows.inputs import FieldProblem
from workflows.models import Environment, User, Workflow
from workflows.models.fields import readable
from workflows.services import activity, facts
from workflows.services.access import require

MANAGE = MANAGE_HOOKS
MOST_HOOKS = 500
LONGEST_BRANCH = 170
FORMER_FOR = timedelta(hours=24)
TWO_SECRETS = "The secret before this one is still valid, for whoever uses it. End that overlap before you rotate."
GONE = "Its receiver answered 410 Gone: it wants to be told nothing more."
BY_HAND = "Somebody switched it off."
DELETED = "This hook was deleted: nothing is sent to it any more."
# Of what waited then: what had not been tried, and what had.
SWITCHED_OFF = "The hook was switched off before it could be sent."
NOT_TAKEN = "The hook was switched off before its receiver took it."
UNSENT = "The hook was deleted before it could be sent."
UNTAKEN = "The hook was deleted before its receiver took it."


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to be told, and where. Workflow and environment by name; none stands for all of them."""

    target_url: str
    events: Sequence[str]
    workflow: str = ""
    environment: str = ""
    branch: str = ""
    conditions: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The hook, and its secret: this is the one time it is shown."""

    hook: Hook
    secret: str


class NotNow(Exception):
    """The state of the hook does not allow that; its text says what does."""


def subscribe(wish: Wish, *, by: User) -> Subscribed:
    """Make a hook. A ping is sent to it, and once that is answered it is live. Raises Forbidden, Rejected."""
    require(by, MANAGE)
    settled, secret = check(wish), signing.new_secret()
    with transaction.atomic():
        if Hook.objects.exclude(status="deleted").count() >= MOST_HOOKS:
            raise Rejected(FieldProblem("", f"There are {MOST_HOOKS} hooks already. Delete one first."))
        hook = Hook.objects.create(**settled, secret=secret, created_by=by, created_at=timezone.now())
        activity.record("hook.create", hook, by=by, after=_described(hook))
        _ping(hook)
    return Subscribed(hook, secret)


def change(hook: Hook, wish: Wish, *, by: User) -> None:
    """Keep other wishes. A hook that leads elsewhere has to answer a ping again. Raises Forbidden, Rejected, NotNow."""
    require(by, MANAGE)
    settled = check(wish)
    with transaction.atomic():
        hook = _locked(hook)
        before, moves = _described(hook), hook.target_url != wish.target_url
        for name, value in settled.items():
            setattr(hook, name, value)
        hook.save(update_fields=list(settled))
        if not activity.record_change("hook", hook, by=by, before=before, after=_described(hook)):
            return
        if moves and hook.status != "off":
            _verify_again(hook)


def take_over(hook: Hook, *, by: User) -> None:
    """Whoever asks answers for it from now on, as if they had made it. Raises Forbidden, NotNow."""
    require(by, MANAGE)
    with transaction.atomic():
        hook = _locked(hook)
        former = hook.created_by
        if former == by:
            return
        Hook.objects.filter(pk=hook.pk).update(created_by=by)
        activity.record("hook.take_over", hook, by=by, before=_of(former), after=_of(by))


def _of(person: User | None) -> dict[str, str]:
    return {"created_by": person.get_username() if person else ""}


def rotate_secret(hook: Hook, *, by: User) -> str:
    """Give it a new secret; for a day the former one signs too, and until then there is no third.

    Raises Forbidden, NotNow.
    """
    require(by, MANAGE)
    secret, until = signing.new_secret(), timezone.now() + FORMER_FOR
    with transaction.atomic():
        hook = _locked(hook)
        if hook.is_former_valid:
            raise NotNow(TWO_SECRETS)
        former = readable(hook, "secret")  # one whose key is lost signs nothing any more
        hook.former_secret, hook.former_until, hook.secret = former, until if former else None, secret
        hook.save(update_fields=["secret", "former_secret", "former_until"])
        activity.record("hook.rotate_secret", hook, by=by, after={"former_until": until.isoformat()})
    return secret


def end_overlap(hook: Hook, *, by: User) -> None:
    """From now on only its newest secret signs. Raises Forbidden, NotNow."""
    require(by, MANAGE)
    with transaction.atomic():
        hook = _locked(hook)
        Hook.objects.filter(pk=hook.pk).update(former_secret="", former_until=None)
        activity.record("hook.end_overlap", hook, by=by)


def verify(hook: Hook, *, by: User) -> None:
    """Send it a ping; what was off or never answered is live once it does. Raises Forbidden, NotNow."""
    require(by, MANAGE)
    with transaction.atomic():
        hook = _locked(hook)
        activity.record("hook.verify", hook, by=by, before={"status": hook.status})
        if hook.status == "live":
            _ping(hook)
        else:
            _verify_again(hook)


def switch_off(hook: Hook, *, by: User) -> None:
    """Tell it nothing more until somebody switches it on again; who wants to hear of that is told, but not by whom.

    Raises Forbidden, NotNow.
    """
    require(by, MANAGE)
    with transaction.atomic():
        hook = _locked(hook)
        if hook.status == "off":
            return
        activity.record("hook.switch_off", hook, by=by, before={"status": hook.status}, after={"status": "off"})
        _off(hook, f"Switched off by {by.get_username()}.")
        facts.tell("hook.disabled", str(hook.pk), {"error": BY_HAND})


def delete(hook: Hook, *, by: User) -> None:
    """End the subscription. Its deliveries stay to be looked at; its secrets do not. Raises Forbidden, NotNow."""
    require(by, MANAGE)
    with transaction.atomic():
        hook = _locked(hook)
        activity.record("hook.delete", hook, by=by, before=_described(hook))
        _off(hook, "Deleted.", untried=UNSENT, tried=UNTAKEN)
        Hook.objects.filter(pk=hook.pk).update(status="deleted", secret="", former_secret="", former_until=None)


# ---- what workers find out; inside their transaction


def note_reached(hook: Hook, *, verified: bool) -> None:
    """Its receiver took something; a ping that was taken makes the hook live."""
    changes: dict[str, Any] = {"failing_since": None, "held_until": None}
    if hook.failing_since or hook.held_until:
        Hook.objects.filter(pk=hook.pk).update(**changes)
    if verified:
        now = timezone.now()
        _try_now(hook, now)
        if move(Hook.objects, [hook.pk], "live", ("unverified",), live_since=now, off_since=None, problem=""):
            activity.record("hook.live", hook, by=None, before={"status": "unverified"}, after={"status": "live"})


def _try_now(hook: Hook, now: datetime) -> None:
    """What failed and waits need wait no longer."""
    waiting = Delivery.objects.filter(hook=hook, status="pending", tries__gt=0, next_attempt_at__gt=now)
    if waiting.update(next_attempt_at=now):
        ring(tasks.deliver)


def note_failure(hook: Hook, now: datetime, why: str) -> None:
    """Its receiver did not take something; of a hook that was never live that is why it is not."""
    Hook.objects.filter(pk=hook.pk, failing_since__isnull=True).update(failing_since=now)
    if hook.status == "unverified":
        Hook.objects.filter(pk=hook.pk, status="unverified").update(problem=why)


def hold(hook: Hook, until: datetime) -> None:
    """Its receiver asked for quiet."""
    Hook.objects.filter(pk=hook.pk).update(held_until=until)


def disable(hook: Hook, why: str) -> None:
    """Switch it off, and tell whoever wants to hear."""
    with transaction.atomic():
        found = Hook.objects.select_for_update().filter(pk=hook.pk, status__in=("live", "unverified")).first()
        if found is None:
            return
        activity.record("hook.disable", found, by=None, before={"status": found.status}, after={"problem": why})
        _off(found, why)
        facts.tell("hook.disabled", str(found.pk), {"error": why})


def note_gone(hook: Hook, at: Sequence[Delivery]) -> None:
    """Its receiver answered 410 to these: the hook is switched off, unless it is already, and that is their reason."""
    disable(hook, GONE)
    Delivery.objects.filter(pk__in=[row.pk for row in at], status="failed").update(reason=GONE)


# ---- what they share


def _locked(hook: Hook) -> Hook:
    found = Hook.objects.select_for_update().exclude(status="deleted").filter(pk=hook.pk).first()
    if found is None:
        raise NotNow(DELETED)
    return found


def _verify_again(hook: Hook) -> None:
    Hook.objects.filter(pk=hook.pk).update(
        status="unverified", problem="", off_since=None, failing_since=None, held_until=None
    )
    _ping(hook)


def _off(hook: Hook, why: str, *, untried: str = SWITCHED_OFF, tried: str = NOT_TAKEN) -> None:
    now = timezone.now()
    Hook.objects.filter(pk=hook.pk).update(status="off", problem=why, off_since=now, live_since=None)
    waiting = Delivery.objects.filter(hook=hook, status="pending")
    ended = {"status": "failed", "finished_at": now, "next_attempt_at": None}
    waiting.filter(tries=0).update(reason=untried, **ended)
    waiting.update(reason=tried, **ended)


def _ping(hook: Hook) -> None:
    """Queue a ping in place of one that still waits."""
    now = timezone.now()
    Delivery.objects.filter(hook=hook, kind=payloads.PING, status="pending").update(
        status="failed", reason="Another ping was asked for.", finished_at=now, next_attempt_at=None
    )
    Delivery.objects.create(
        hook=hook,
        kind=payloads.PING,
        subject=str(hook.pk),
        body=payloads.ping(hook, now).body,
        created_at=now,
        next_attempt_at=now,
    )
    ring(tasks.deliver)


def check(wish: Wish) -> dict[str, Any]:
    """The columns a wish stands for. Raises Rejected with all that is wrong with it."""
    problems: list[FieldProblem] = []
    try:
        targets.refuse_closed(targets.parse(wish.target_url, settings.HOOK_PLACES), settings.HOOK_PLACES)
    except BadTarget as problem:
        problems.append(FieldProblem("/target_url", str(problem)))
    problems += _problems_of_events(wish.events)
    workflow = Workflow.objects.filter(name=wish.workflow).first() if wish.workflow else None
    environment = Environment.objects.filter(slug=wish.environment).first() if wish.environment else None
    if wish.workflow and workflow is None:
        problems.append(FieldProblem("/workflow", f"There is no workflow “{wish.workflow}”."))
    if wish.environment and environment is None:
        problems.append(FieldProblem("/environment", f"There is no environment “{wish.environment}”."))
    branch = Branch.read(wish.branch) if wish.branch.strip() else None
    if len(wish.branch) > LONGEST_BRANCH or "\0" in wish.branch or (branch and str(branch) == "->"):
        problems.append(FieldProblem("/branch", "Write state->next, or one of them, in at most 170 characters."))
    judged: tuple[conditions.Condition, ...] = ()
    try:
        judged = conditions.parse_all(wish.conditions)
    except BadCondition as problem:
        problems.append(FieldProblem("/conditions", str(problem)))
    if all(problem.path in ("/target_url", "/environment") for problem in problems):
        problems += reach.problems(wish.events, workflow, branch, judged)
    if problems:
        raise Rejected(*problems)
    return {
        "target_url": wish.target_url,
        "events": list(dict.fromkeys(wish.events)),
        "workflow": workflow,
        "environment": environment,
        "branch": str(branch) if branch else "",
        "conditions": [str(one) for one in judged],
    }


def _problems_of_events(events: Sequence[str]) -> list[FieldProblem]:
    if not events:
        return [FieldProblem("/events", "Name at least one event.")]
    unknown = [event for event in events if event not in payloads.EVENTS]
    known = ", ".join(payloads.EVENTS)
    return [FieldProblem("/events", f"There is no event “{unknown[0][:60]}”; there are {known}.")] if unknown else []


def _described(hook: Hook) -> dict[str, Any]:
    return {
        "target_url": hook.target_url,
        "events": hook.events,
        "workflow": hook.workflow.name if hook.workflow else "",
        "environment": hook.environment.slug if hook.environment else "",
        "branch": hook.branch,
        "conditions": hook.conditions,
    }
