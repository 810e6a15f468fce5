"""What an inbound hook makes of a request, stage by stage: signature, replay, body, filter, mapping, input.

The hook itself and its tester page ask the same stages; the tester goes on after one that refuses. Writes nothing.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from transactions import conditions, mappings, signing
from transactions.conditions import MISSING, BadCondition
from transactions.mappings import BadMapping
from transactions.models import InboundHook, InboundRequest
from transactions.models.inbound import MAKER_NEEDS
from transactions.services import submissions
from transactions.services.submissions import Rejected, Submission
from transactions.signing import BadSecret, NotVerified
from workflows import inputs
from workflows.encryption import Unreadable
from workflows.inputs import FieldProblem, InputProblem

LARGEST = 262_144  # bytes of a body: what AWS takes as an input
Scheme = InboundHook.Scheme
HEADERS = {Scheme.BODY: "X-Hub-Signature-256", Scheme.TIMED: "Stripe-Signature", Scheme.BEARER: "Authorization"}
PREFIXES = {Scheme.BODY: "sha256="}
_KNOWN_BY_BODY = (
    "What was received before is known again for 180 days by the hash of its body, so two events that are equal to the "
    "last byte are taken for one, whatever their headers say."
)
_ONLY_OF_KNOWN = "The body was not kept, as nobody was known to have sent it"
_EACH_STARTS = "Nothing that was received before is refused: each repetition starts another transaction, "


@dataclass(frozen=True, slots=True)
class Limit:
    """What a scheme protects from and what not: by itself, and while replays are refused or are not."""

    says: str
    refusing: str
    taking: str

    def of(self, *, refuses_replays: bool) -> str:
        """All of it as the hook's switch stands."""
        return f"{self.says} {self.refusing if refuses_replays else self.taking}"


# What remains possible to somebody who has seen a request.
_LIMITS: Mapping[str, Limit] = {
    Scheme.STANDARD: Limit(
        "It signs an id and a time: an old request is refused after five minutes.",
        "A repeated one is known by its id, for longer than that.",
        f"{_EACH_STARTS}within those five minutes by whoever has seen it, and whenever the sender tries again.",
    ),
    Scheme.BODY: Limit(
        "It signs neither a time nor an id: whoever has seen a request can send it again, at any time.",
        _KNOWN_BY_BODY,
        f"{_EACH_STARTS}also when the sender itself tries again.",
    ),
    Scheme.TIMED: Limit(
        "It signs a time but no id: an old request is refused after five minutes.",
        _KNOWN_BY_BODY,
        f"{_EACH_STARTS}within those five minutes by whoever has seen it, and whenever the sender tries again.",
    ),
    Scheme.BEARER: Limit(
        "It signs nothing: the secret itself travels with every request, and whoever has seen one can send anything. "
        "Use it only where the sender can do nothing better, and only over HTTPS.",
        _KNOWN_BY_BODY,
        f"{_EACH_STARTS}also when the sender itself tries again.",
    ),
}


def limit_of(scheme: str) -> Limit:
    """What a scheme leaves open."""
    return _LIMITS[scheme]


def leaves_open(hook: InboundHook) -> str:
    """What a hook protects from, and what not, as it is switched."""
    return limit_of(hook.scheme).of(refuses_replays=hook.refuses_replays)


Name = Literal["hook", "signature", "replay", "body", "filter", "mapping", "input", "maker"]


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came."""

    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str | None:
        """One header, whatever the letters' case."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step: whether the request passed, in words, and what it gave. `status` is the answer where it did not.

    `passed` is None where nobody can say it any more. `problems` are the same by place: in the body, in the `/input`
    made of it, or in the hook's own `/conditions` or `/mapping`. Of one that is not `is_reached`, as an earlier one did
    not pass, it is what would be. `earlier` is what a replay repeats.
    """

    name: Name
    passed: bool | None
    sentence: str
    status: int = 202
    given: str = ""
    problems: tuple[FieldProblem, ...] = ()
    is_reached: bool = True
    earlier: InboundRequest | None = None


class _Stop(Exception):
    def __init__(self, sentence: str, status: int, *problems: FieldProblem) -> None:
        super().__init__(sentence)
        self.sentence, self.status, self.problems = sentence, status, problems


def mark_of(hook: InboundHook, received: Received) -> str:
    """What a repeated request is known by: the id where one is signed, else the hash of the body."""
    if hook.scheme == Scheme.STANDARD:
        return f"id:{received.header(signing.ID)}"
    return f"sha256:{hashlib.sha256(received.body).hexdigest()}"


def verify(hook: InboundHook, received: Received, now: float) -> Stage:
    """Whether the sender knows the secret, and sent it lately where a time is signed."""
    try:
        return Stage("signature", passed=True, sentence=_verified(hook, received, now))
    except (NotVerified, BadSecret) as refused:
        return Stage("signature", passed=False, sentence=str(refused), status=401)
    except Unreadable as lost:
        return Stage("signature", passed=False, sentence=str(lost), status=503)  # the sender shall come again


def stages(hook: InboundHook, received: Received, recorded: InboundRequest | None = None) -> list[Stage]:
    """All of them, for somebody who tries a request: one that is pasted, or one that was `recorded`."""
    if recorded and recorded.is_of_unknown:
        return list(_reached([*_switched_off(hook), _found(recorded), _not_kept(recorded)]))
    signature = _found(recorded) if recorded else verify(hook, received, time.time())
    found = [signature, _replayed(hook, received, recorded), *understand(hook, received)]
    return list(_reached([*_switched_off(hook), *found, *_refused_to_its_maker(hook)]))


def _reached(found: Iterable[Stage]) -> Iterator[Stage]:
    """Those behind the first that does not pass are not reached: what is told of them is what would be."""
    is_reached = True
    for stage in found:
        yield replace(stage, is_reached=is_reached)
        is_reached = is_reached and stage.passed is not False


def _replayed(hook: InboundHook, received: Received, recorded: InboundRequest | None) -> Stage:
    """Whether it repeats what was received before; of one that was `recorded`, what was found when it came."""
    if recorded and recorded.outcome == InboundRequest.Outcome.DUPLICATE:
        return _repeats(hook, recorded.duplicate_of)
    if recorded:
        return Stage("replay", passed=True, sentence="It was not taken for a repetition when it came.")
    if not hook.refuses_replays:
        return Stage("replay", passed=True, sentence="The hook takes repetitions.")
    earlier = known_as(hook, received)
    if earlier:
        return _repeats(hook, earlier)
    by = "its id" if hook.scheme == Scheme.STANDARD else "an equal body"
    return Stage("replay", passed=True, sentence=f"Nothing with {by} has started a transaction before.")


def _switched_off(hook: InboundHook) -> Iterator[Stage]:
    """The first that is looked at, and nothing to tell of while the hook is on."""
    if not hook.is_active:
        yield Stage("hook", passed=False, sentence="It is switched off: senders get a 404.", status=404)


def _refused_to_its_maker(hook: InboundHook) -> Iterator[Stage]:
    """The last that is looked at, and nothing to tell of while whoever made the hook may submit."""
    if not hook.created_by.has_perm(MAKER_NEEDS):
        yield Stage("maker", passed=False, sentence=made_in_vain(hook), status=403)


def made_in_vain(hook: InboundHook) -> str:
    """Why a hook starts nothing, whatever is sent."""
    return f"{hook.created_by.get_username()}, in whose name it starts, may not submit any more."


def _repeats(hook: InboundHook, earlier: InboundRequest | None) -> Stage:
    what = "Its id" if hook.scheme == Scheme.STANDARD else "An equal body"
    told = f"{what} started a transaction before: it is answered as a duplicate, and starts nothing."
    return Stage("replay", passed=False, sentence=told, status=200, earlier=earlier)


def known_as(hook: InboundHook, received: Received) -> InboundRequest | None:
    """The request that was taken before and that this one repeats."""
    return hook.requests.filter(mark=mark_of(hook, received)).first()


def _not_kept(recorded: InboundRequest) -> Stage:
    """In place of the stages after the signature, for which there is nothing to look at."""
    told = "The body was too large to be read and kept" if recorded.status == 413 else _ONLY_OF_KNOWN
    return Stage("body", passed=None, sentence=f"{told}, so body, filter, mapping and input cannot be shown.")


def _found(recorded: InboundRequest) -> Stage:
    """A recorded request is too old, or masked, to be verified again: what was found when it came is told."""
    if recorded.is_of_unknown:
        was_looked_at = recorded.status in (401, 503)
        told = recorded.reason if was_looked_at else f"It was refused before anybody looked: {recorded.reason}"
        return Stage("signature", passed=False if was_looked_at else None, sentence=told, status=recorded.status)
    return Stage("signature", passed=True, sentence="It was right when the request came.")


def understand(hook: InboundHook, received: Received) -> Iterator[Stage]:
    """The stages after the signature, as far as each has what it needs; the last to pass gives the input's text."""
    try:
        text, body = _decoded(received.body)
    except _Stop as stop:
        yield Stage("body", passed=False, sentence=stop.sentence, status=stop.status, problems=stop.problems)
        return
    yield Stage("body", passed=True, sentence=f"JSON of {len(received.body):,} bytes.", given=text)
    headers = {name.lower(): value for name, value in received.headers.items()}
    yield _filtered(hook, body, headers)
    try:
        mapped = mappings.apply(hook.language, hook.mapping, body, text, headers)
    except BadMapping as problem:
        yield _unfit("mapping", str(problem), FieldProblem("/mapping", str(problem)))
        return
    said = "Mapped." if hook.mapping.strip() else "There is no mapping: the body is the input."
    yield Stage("mapping", passed=True, sentence=said, given=mapped)
    yield _checked(hook, mapped)


def cut_off(hook: InboundHook, received: Received) -> Stage | None:
    """What may be the beginning of a body only, from a sender who does not sign it; None where it is whole.

    A server tells nobody that the pieces of a body broke off. Of all JSON, only a number is JSON without its end too.
    """
    said = received.header("Content-Length") or ""
    if said.isdecimal() and len(received.body) < int(said):
        told = f"The body broke off after {len(received.body):,} of {int(said):,} bytes."
        return Stage("body", passed=False, sentence=told, status=400)
    if hook.scheme == Scheme.BEARER and not said and received.body.strip()[-1:].isdigit():
        told = "A number alone that comes in pieces may have broken off: say how long the body is, in Content-Length."
        return Stage("body", passed=False, sentence=told, status=400)
    return None


def submission(hook: InboundHook, text: str) -> Submission:
    """What is asked for with the input `text`."""
    return Submission(hook.workflow.name, text, hook.environment.slug, reference="")


def _verified(hook: InboundHook, received: Received, now: float) -> str:
    given = received.header(hook.header or HEADERS.get(Scheme(hook.scheme), ""))
    if hook.scheme == Scheme.STANDARD:
        message = signing.verify(hook.secrets, received.headers, received.body, now=now)
        return f"Signed lately, with the id {message}."
    if hook.scheme == Scheme.BODY:
        signing.verify_body(hook.secrets, given, received.body, prefix=hook.prefix)
        return "The body is signed with the secret."
    if hook.scheme == Scheme.TIMED:
        signing.verify_timed(hook.secrets, given, received.body, now=now)
        return "Time and body are signed with the secret, lately."
    signing.verify_bearer(hook.secrets, given)
    return "The secret is right."


def _decoded(body: bytes) -> tuple[str, Any]:
    if len(body) > LARGEST:
        raise _Stop(f"The body has {len(body):,} bytes; at most {LARGEST:,} are taken.", 413)
    try:
        value = inputs.parse_input(body)
    except InputProblem as problem:
        told = f"The body: {problem.path or 'as a whole'}: {problem.message}"
        raise _Stop(told, 400, FieldProblem(problem.path, problem.message)) from problem
    return inputs.serialise(body.decode()), value


def _filtered(hook: InboundHook, body: Any, headers: Mapping[str, str]) -> Stage:
    if not hook.conditions.strip():
        return Stage("filter", passed=True, sentence="There is no filter: every request is taken.")
    try:
        verdicts = conditions.judge_all(conditions.parse_all(_lines(hook.conditions)), _looker(body, headers))
    except BadCondition as problem:
        return _unfit("filter", str(problem), FieldProblem("/conditions", str(problem)))
    failed = [verdict.sentence for verdict in verdicts if not verdict.holds]
    sentence = "; ".join(failed or (verdict.sentence for verdict in verdicts))
    return Stage("filter", passed=not failed, sentence=f"{sentence}.", status=200)


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _looker(body: Any, headers: Mapping[str, str]) -> Callable[[str], Any]:
    """What a condition's name stands for: a path into the body, else a header, also as a mapping writes it."""

    def look(name: str) -> Any:
        if name.startswith("$"):
            return inputs.value_at(body, name, MISSING)
        return headers.get(name.lower().removeprefix("header:"), MISSING)

    return look


def _checked(hook: InboundHook, text: str) -> Stage:
    try:
        submissions.check(submission(hook, text))
    except Rejected as rejected:
        return _unfit("input", str(rejected), *rejected.problems)
    return Stage("input", passed=True, sentence=f"{hook.workflow.name} takes it.", given=text)


def _unfit(name: Name, sentence: str, *problems: FieldProblem) -> Stage:
    return Stage(name, passed=False, sentence=sentence, status=422, problems=problems)
