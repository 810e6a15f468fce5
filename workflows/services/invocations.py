"""Asks for functions to be invoked, and keeps payloads for it. Only writes rows; a worker calls AWS, once."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from workflows import inputs, tasks
from workflows.doorbell import ring
from workflows.inputs import FieldProblem
from workflows.models import Deployment, Environment, Function, Invocation, Payload, User
from workflows.services import activity
from workflows.services.access import require

SLOWER_THAN_THE_FUNCTION_S = 5
LARGEST = 262_144  # bytes of a payload
LONGEST_NAME = 60
MOST = 50  # payloads of a function: they are all offered


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for: `payload` is JSON text."""

    payload: str
    type: str = Invocation.Type.REQUEST_RESPONSE


class NotInvocable(Exception):
    """It cannot be asked for; each problem names the field it is about."""

    def __init__(self, *problems: FieldProblem) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = problems


def request(function: Function, environment: Environment, asked: Asked, *, by: User | None) -> Invocation:
    """Ask for what is live of `function` in `environment` to be invoked, once.

    Raises Forbidden, NotInvocable.
    """
    require(by, "workflows.invoke")
    payload = _read(asked.payload, "/payload")
    if asked.type not in Invocation.Type.values:
        raise NotInvocable(FieldProblem("/type", f"This is one of {', '.join(Invocation.Type.values)}."))
    deployment = _live(function, environment)
    revision = deployment.function_revision
    assert revision is not None  # noqa: S101 - of a function, by constraint
    with transaction.atomic():
        invocation = Invocation.objects.create(
            environment=environment,
            function=function,
            deployment=deployment,
            type=asked.type,
            payload=payload,
            limit_s=revision.timeout_s + SLOWER_THAN_THE_FUNCTION_S,
            requested_by=by,
            next_attempt_at=timezone.now(),
        )
        told = {"type": asked.type, "environment": environment.slug, "revision": revision.number}
        activity.record("invocation.request", invocation, by=by, after=told)
        ring(tasks.invoke)
    return invocation


def stop_waiting(invocation: Invocation, *, by: User | None) -> bool:
    """Wait no longer: what was not sent is not sent; what was sent goes on, for AWS cannot cancel it.

    Gives False when it was over already. Raises Forbidden.
    """
    require(by, "workflows.invoke")
    now = timezone.now()
    rows = Invocation.objects.filter(pk=invocation.pk, left_at__isnull=True, finished_at__isnull=True)
    with transaction.atomic():
        if not rows.update(left_at=now):
            return False
        never_sent = '{"errorType": "NotSent", "errorMessage": "It was given up before it was sent: nothing ran."}'
        Invocation.objects.filter(pk=invocation.pk, status="requested").update(
            status="failed", finished_at=now, next_attempt_at=None, error=never_sent
        )
        activity.record("invocation.leave", invocation, by=by, after={"left_at": now.isoformat()})
    return True


def save_payload(function: Function, name: str, text: str, *, by: User | None) -> Payload:
    """Keep `text` as the payload of that name, in place of an earlier one. Raises Forbidden, NotInvocable."""
    require(by, "workflows.invoke")
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or "\0" in name:
        raise NotInvocable(FieldProblem("/name", f"It needs a name of at most {LONGEST_NAME} characters."))
    kept = _read(text, "/payload")
    with transaction.atomic():
        # Locked, so that two people may keep one of the same name at once.
        Function.objects.select_for_update().get(pk=function.pk)
        earlier = Payload.objects.filter(function=function, name=name).first()
        if earlier is None and Payload.objects.filter(function=function).count() >= MOST:
            raise NotInvocable(FieldProblem("/name", f"There are {MOST} payloads already. Delete one first."))
        payload = earlier or Payload(function=function, name=name, created_by=by)
        before = {"text": earlier.text} if earlier else None
        payload.text = kept
        payload.save()
        activity.record_change("payload", payload, by=by, before=before, after={"text": kept})
    return payload


def delete_payload(payload: Payload, *, by: User) -> None:
    """Forget it. Raises Forbidden."""
    require(by, "workflows.invoke")
    with transaction.atomic():
        activity.record("payload.delete", payload, by=by, before={"text": payload.text})
        payload.delete()


def choose_smoke_test(function: Function, payload: Payload | None, *, by: User) -> None:
    """Have each version answer `payload` before the alias leads to it; None: no more. Raises Forbidden."""
    require(by, "workflows.deploy")
    with transaction.atomic():
        before = {"smoke_test": str(function.smoke_test) if function.smoke_test else None}
        function.smoke_test = payload
        function.save(update_fields=["smoke_test"])
        after = {"smoke_test": payload.name if payload else None}
        activity.record("function.smoke_test", function, by=by, before=before, after=after)


def _read(text: str, path: str) -> str:
    if len(text.encode(errors="surrogatepass")) > LARGEST:
        raise NotInvocable(FieldProblem(path, f"A payload has at most {LARGEST:,} bytes here."))
    try:
        inputs.read(text)
    except inputs.InputProblem as problem:
        raise NotInvocable(FieldProblem(f"{path}{problem.path}", problem.message)) from problem
    return inputs.serialise(text)


def _live(function: Function, environment: Environment) -> Deployment:
    rows = Deployment.objects.select_related("function_revision").defer("function_revision__package")
    live = rows.filter(function=function, environment=environment, is_live=True).first()
    if live is None:
        why = f"“{function.name}” is not deployed to {environment.title}. Deploy it first."
        raise NotInvocable(FieldProblem("", why))
    return live
