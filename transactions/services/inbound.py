"""Inbound hooks: made and changed, and what each received request leads to. Evaluates by `transactions.inbound`."""

import re
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from transactions import conditions, inbound, mappings, signing
from transactions.inbound import HEADERS, PREFIXES, Received, Scheme, Stage
from transactions.models import InboundHook, InboundRequest
from transactions.models.hooks import MANAGE_HOOKS
from transactions.models.inbound import MAKER_NEEDS, OF_UNKNOWN
from transactions.services import submissions
from transactions.services.hooks import TWO_SECRETS, NotNow
from transactions.services.submissions import Rejected
from workflows import rates
from workflows.inputs import FieldProblem
from workflows.models import User
from workflows.models.fields import readable
from workflows.services import activity
from workflows.services.access import Forbidden, require

MANAGE, SUBMIT = MANAGE_HOOKS, MAKER_NEEDS
Outcome = InboundRequest.Outcome
FIELDS = (
    "slug",
    "title",
    "scheme",
    "header",
    "prefix",
    "refuses_replays",
    "conditions",
    "language",
    "mapping",
    "is_active",
)
SHORTEST_SECRET = 16
TOO_SHORT = f"At least {SHORTEST_SECRET} characters: a shorter one can be guessed."
LONGEST_SECRET = 500
PER_SECOND = 50  # of one hook, by who knows its secret
REFUSED_PER_SECOND = 5  # of one hook, by all who do not know it
REFUSED_OF_ADDRESS = 1  # the same, from one address
LISTED_AN_HOUR = 20  # of those, with a row each; more are counted
TAKEN = "There is an inbound hook of this name already."
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")
RESERVED = {"content-type", "content-encoding", "transfer-encoding", "date", "te", "trailer", "upgrade", "forwarded"}
TOO_MANY = "Too many requests at once."
LONGEST_HEADER = 1_000
LARGEST_SIZE = 2**31 - 1
MOST_HEADERS = 60
MASK = "…"
SECRET_HEADERS = {"authorization", "cookie", "proxy-authorization", "x-api-key"}
LEFT_OUT = {"host", "connection", "content-length", "accept", "accept-encoding"}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a request, for the log and the sender."""

    outcome: Outcome
    status: int
    reason: str = ""
    row: InboundRequest | None = None
    wait: float = 0.0  # seconds, where it came too often
    problems: tuple[FieldProblem, ...] = ()


# ---- made and changed


def save(hook: InboundHook, *, by: User, secret: str | None = None) -> str | None:
    """Keep a new or changed hook; a new one's secret is `secret`, else one that is made and given back, once.

    Raises Forbidden, Rejected.
    """
    known = InboundHook.objects.filter(pk=hook.pk).first()
    require(by, MANAGE)
    if starts_otherwise(hook):
        require(by, SUBMIT)
    made = None
    if known is None:
        hook.created_by, hook.secret = by, secret or _new_secret()
        made = None if secret else hook.secret
        _require_length(hook.secret)
    hook.header = hook.header.strip() or HEADERS.get(Scheme(hook.scheme), "")
    hook.prefix = hook.prefix if hook.prefix or known else PREFIXES.get(Scheme(hook.scheme), "")
    _check(hook)
    with transaction.atomic():
        try:
            with transaction.atomic():
                hook.save()
        except IntegrityError as taken:  # by somebody else, since it was looked
            raise Rejected(FieldProblem("/slug", TAKEN)) from taken
        before = _described(known) if known else None
        activity.record_change("inbound-hook", hook, by=by, before=before, after=_described(hook))
    return made


def starts_otherwise(hook: InboundHook) -> bool:
    """Whether it would start anything that it did not, as it is now: what whoever saves it has to have a right to."""
    known = InboundHook.objects.filter(pk=hook.pk).select_related("workflow", "environment").first()
    if known is None:
        return True
    changed = {name for name, value in _described(known).items() if value != _described(hook)[name]}
    return bool(changed - ({"title"} if hook.is_active else {"title", "is_active"}))


def rotate(hook: InboundHook, *, by: User, secret: str | None = None) -> str | None:
    """Give the hook another secret, the old one staying valid beside it; what is made is given back, once.

    Raises Forbidden, Rejected, NotNow.
    """
    require(by, MANAGE)
    require(by, SUBMIT)  # whoever knows the secret starts transactions
    new = secret or _new_secret()
    _require_length(new)
    _check_secret(hook.scheme, new)
    with transaction.atomic():
        locked = InboundHook.objects.select_for_update().get(pk=hook.pk)
        if locked.has_two_secrets:
            raise NotNow(TWO_SECRETS)
        locked.secret, locked.previous_secret = new, readable(locked, "secret")
        locked.save(update_fields=["secret", "previous_secret"])
        activity.record("inbound-hook.rotate", hook, by=by)
    return None if secret else new


def take_over(hook: InboundHook, *, by: User) -> None:
    """It starts in the name of whoever asks from now on, as if they had made it. Raises Forbidden."""
    require(by, MANAGE)
    require(by, SUBMIT)
    with transaction.atomic():
        former = InboundHook.objects.select_for_update().get(pk=hook.pk).created_by
        if former == by:
            return
        InboundHook.objects.filter(pk=hook.pk).update(created_by=by)
        names = [{"created_by": one.get_username()} for one in (former, by)]
        activity.record("inbound-hook.take_over", hook, by=by, before=names[0], after=names[1])


def forget_previous(hook: InboundHook, *, by: User) -> None:
    """From now on only the newest secret is valid. Raises Forbidden."""
    require(by, MANAGE)
    with transaction.atomic():
        InboundHook.objects.filter(pk=hook.pk).update(previous_secret="")
        activity.record("inbound-hook.end-overlap", hook, by=by)


def delete(hook: InboundHook, *, by: User) -> None:
    """Do away with a hook and its log; what it started stays. Raises Forbidden."""
    require(by, MANAGE)
    with transaction.atomic():
        activity.record("inbound-hook.delete", hook, by=by, before=_described(hook))
        hook.delete()


def _new_secret() -> str:
    return signing.new_secret()


def _check(hook: InboundHook) -> None:
    if found := problems(hook):
        raise Rejected(*found)
    _check_secret(hook.scheme, hook.secret)


def problems(hook: InboundHook, *, besides: Collection[str] = ()) -> list[FieldProblem]:
    """All that is wrong with it but its secret; `besides` names fields that are not looked at."""
    found: list[FieldProblem] = []
    for check in (hook.clean_fields, hook.validate_unique):
        try:
            check(exclude={"created_by", "secret", "previous_secret", *besides})
        except ValidationError as error:
            found += [FieldProblem(f"/{name}", _said(errors)) for name, errors in error.error_dict.items()]
    found += _problems_of_header(hook.header)
    return found + problems_of(hook.conditions, hook.language, hook.mapping)


def _said(errors: list[ValidationError]) -> str:
    return " ".join(TAKEN if one.code == "unique" else " ".join(one.messages) for one in errors)


def _problems_of_header(name: str) -> Iterator[FieldProblem]:
    """A signature cannot stand where HTTP itself, or a proxy on the way, has something else to say."""
    if not name:
        return
    if not HEADER.fullmatch(name):
        yield FieldProblem("/header", "The name of a header has letters, digits and -, such as X-Hub-Signature-256.")
    elif name.lower() in LEFT_OUT | RESERVED:
        yield FieldProblem("/header", f"{name} is HTTP's own: name the header in which the sender puts it.")


def problems_of(filters: str, language: str, mapping: str) -> list[FieldProblem]:
    """What is wrong with a filter and a mapping as they are written."""
    problems = []
    try:
        conditions.parse_all(line for line in filters.splitlines() if line.strip())
    except conditions.BadCondition as problem:
        problems.append(FieldProblem("/conditions", str(problem)))
    try:
        mappings.check(language, mapping)
    except mappings.BadMapping as problem:
        problems.append(FieldProblem("/mapping", str(problem)))
    return problems


def _require_length(secret: str) -> None:
    """Of a new secret; one that is kept already stays what its sender knows."""
    if len(secret) < SHORTEST_SECRET:
        raise Rejected(FieldProblem("/secret", TOO_SHORT))


def _check_secret(scheme: str, secret: str) -> None:
    if len(secret) > LONGEST_SECRET or not secret.isascii() or not secret.isprintable():
        raise Rejected(FieldProblem("/secret", f"At most {LONGEST_SECRET} printable ASCII characters."))
    if scheme == Scheme.STANDARD:
        try:
            signing.sign(secret, id="", at=0, body=b"")
        except signing.BadSecret as problem:
            raise Rejected(FieldProblem("/secret", str(problem))) from problem


def _described(hook: InboundHook) -> dict[str, Any]:
    described = {name: getattr(hook, name) for name in FIELDS}
    return described | {"workflow": hook.workflow.name, "environment": hook.environment.slug}


# ---- received


def receive(hook: InboundHook, received: Received, *, address: str) -> Result:
    """Start what a request asks for, at most once; what the sender asked is kept in the log with what became of it.

    How often a hook may be asked is counted for its sender apart from all others, so that nobody else uses that up.
    """
    signature = inbound.verify(hook, received, time.time())
    if not signature.passed:
        refused = Result(Outcome.REFUSED, signature.status, signature.sentence)
        return refuse_unknown(hook, received.headers, len(received.body), refused, address=address)
    if wait := rates.seconds_to_wait(f"hook-{hook.pk}", PER_SECOND):
        return Result(Outcome.REFUSED, 429, TOO_MANY, wait=wait)
    if cut := inbound.cut_off(hook, received):
        return _log(hook, received, address, Result(Outcome.REFUSED, cut.status, cut.sentence), is_known=True)
    if hook.refuses_replays and (result := _known(hook, received)):
        return _log(hook, received, address, result, is_known=True)
    stage = _last(hook, received)
    if not stage.passed:
        outcome = Outcome.FILTERED if stage.status == 200 else Outcome.REFUSED
        result = Result(outcome, stage.status, stage.sentence, problems=stage.problems)
        return _log(hook, received, address, result, is_known=True)
    return _start(hook, received, address, stage.given)


def refuse_unknown(hook: InboundHook, headers: Mapping[str, str], size: int, result: Result, *, address: str) -> Result:
    """Note what nobody known sent, as far as it does not come too often: then nothing is written, and it is a 429."""
    wait = rates.seconds_to_wait(f"hook-refused-{hook.pk}-{address}", REFUSED_OF_ADDRESS)
    if wait := wait or rates.seconds_to_wait(f"hook-refused-{hook.pk}", REFUSED_PER_SECOND):
        return Result(Outcome.REFUSED, 429, TOO_MANY, wait=wait)
    row = _row(hook, Received(headers, b""), address, result, is_known=False)
    row.size = min(size, LARGEST_SIZE)
    hour = row.received_at.replace(minute=0, second=0, microsecond=0)
    of_hour = hook.requests.filter(status__in=OF_UNKNOWN, received_at__gte=hour).order_by("-received_at")
    listed = of_hour.values_list("pk", flat=True)[:LISTED_AN_HOUR]
    if len(listed) < LISTED_AN_HOUR:
        row.save()
    else:
        InboundRequest.objects.filter(pk=listed[0]).update(times=F("times") + 1)
    return result


def _last(hook: InboundHook, received: Received) -> Stage:
    """The first stage that does not pass, else the last."""
    for stage in inbound.understand(hook, received):
        if not stage.passed:
            return stage
    return stage


def _start(hook: InboundHook, received: Received, address: str, text: str) -> Result:
    """Submit, and write down what a replay would be known by, in one: of two at once the second is the duplicate."""
    try:
        with transaction.atomic():
            row = _row(hook, received, address, Result(Outcome.STARTED, 202), is_known=True)
            row.mark = _mark(hook, received)
            row.save()
            submitted = submissions.submit(inbound.submission(hook, text), by=hook.created_by)
            row.transaction = submitted.transaction
            row.save(update_fields=["transaction"])
    except IntegrityError:
        known = _known(hook, received)
        if known is None:
            raise
        if not hook.refuses_replays:
            return _start(hook, received, address, text)  # known by the other's mark now
        return _log(hook, received, address, known, is_known=True)
    except Rejected as rejected:
        refused = Result(Outcome.REFUSED, 422, str(rejected), problems=rejected.problems)
        return _log(hook, received, address, refused, is_known=True)
    except Forbidden:
        refused = Result(Outcome.REFUSED, 403, inbound.made_in_vain(hook))
        return _log(hook, received, address, refused, is_known=True)
    return Result(Outcome.STARTED, 202, row=row)


def _mark(hook: InboundHook, received: Received) -> str:
    """What a replay will be known by, also where they are taken now: the switch may be put back. One row has each."""
    mark = inbound.mark_of(hook, received)
    is_repeated = not hook.refuses_replays and hook.requests.filter(mark=mark).exists()
    return "" if is_repeated else mark


def _known(hook: InboundHook, received: Received) -> Result | None:
    """Whether it was started before. What was filtered is judged anew: another header or filter may let it through."""
    earlier = inbound.known_as(hook, received)
    return Result(Outcome.DUPLICATE, 200, "", earlier) if earlier else None


def _log(hook: InboundHook, received: Received, address: str, result: Result, *, is_known: bool) -> Result:
    row = _row(hook, received, address, result, is_known=is_known)
    if result.row:
        row.duplicate_of, row.transaction = result.row, result.row.transaction
    row.save()
    return replace(result, row=row)


def _row(hook: InboundHook, received: Received, address: str, result: Result, *, is_known: bool) -> InboundRequest:
    """The body of somebody unknown is not kept: it could be anything, and as much as they like."""
    body = received.body.decode(errors="replace").replace("\0", "�") if is_known else ""
    return InboundRequest(
        hook=hook,
        received_at=timezone.now(),
        outcome=result.outcome,
        status=result.status,
        reason=result.reason,
        address=address,
        headers=_masked(hook, received.headers),
        body=body[: inbound.LARGEST],
        size=len(received.body),
    )


def _masked(hook: InboundHook, headers: Mapping[str, str]) -> dict[str, str]:
    secret = SECRET_HEADERS | ({hook.header.lower()} if hook.scheme == Scheme.BEARER else set())
    kept = [(name, value) for name, value in headers.items() if name.lower() not in LEFT_OUT][:MOST_HEADERS]
    cut = ((name, value.replace("\0", "")[:LONGEST_HEADER]) for name, value in kept)
    return {name: MASK if name.lower() in secret else value for name, value in cut}
