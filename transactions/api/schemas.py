"""What the REST of transactions takes and gives, as its description shows it. What is given is made in `answers`."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from transactions import filtering
from transactions.selectors import LONGEST_VALUE, MOST_CONDITIONS
from transactions.services.presets import LONGEST_NAME as LONGEST_PRESET_NAME
from transactions.services.submissions import LONGEST_REFERENCE
from transactions.statuses import TRANSACTION
from workflows.api.raw_json import JsonText
from workflows.api.schemas import LONGEST_NAME, Asked, Page
from workflows.inputs.keys import LONGEST_TEXT

Status = Literal["accepted", "starting", "running", "succeeded", "failed", "timed_out", "aborted"]

KEYS = f"Business keys; numbers keep every digit, and of a longer text it is the first {LONGEST_TEXT} characters."


class SubmissionIn(Asked):
    """A transaction asked for."""

    workflow: str = Field(max_length=LONGEST_NAME, description="Name of a deployed workflow.")
    input: JsonText
    environment: str | None = Field(None, max_length=LONGEST_NAME, description="Absent: `default`.")
    reference: str = Field("", max_length=LONGEST_REFERENCE, description="Your own name for it.")


class PresetIn(Asked):
    """An input to be kept; one of that name is replaced."""

    name: str = Field(min_length=1, max_length=LONGEST_PRESET_NAME)
    input: JsonText


class PresetOut(Schema):
    """An input of a workflow, kept under a name for everybody."""

    id: int
    name: str
    input: JsonText
    created_at: datetime


class PresetsOut(Page):
    """Presets of a workflow, by name."""

    results: list[PresetOut]


class RerunIn(Asked):
    """A transaction asked for again."""

    input: JsonText | None = Field(None, description="Absent: the input it had.")


class RuleOut(Schema):
    """One rule of a Choice state, with every comparison it makes."""

    index: int
    next: str
    matched: bool
    test: Any


class ChoiceOut(Schema):
    """The branch taken at a Choice state: `next` as the history shows it, `rule` as the rules explain it."""

    state: str
    next: str | None
    rule: int | Literal["default"] | None = Field(
        description="Counts from 0; null when no rule matched, or when one could not be read: its test says why."
    )
    explained_next: str | None
    agrees: bool
    rules: list[RuleOut]


class TransactionOut(Schema):
    """A transaction."""

    id: UUID
    workflow: str
    revision: int
    environment: str
    status: Status
    reference: str
    input: JsonText
    output: JsonText | None
    error: str | None
    cause: str | None
    keys: dict[str, str | float] = Field(description=KEYS)
    execution_arn: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    waiting_since: datetime | None = Field(description="AWS could not be reached since then.")
    stuck_since: datetime | None
    redrive_requested_at: datetime | None = Field(description="Somebody wants it to go on; AWS was not asked yet.")
    redrive_problem: str | None = Field(description="Why AWS would not redrive it.")
    rerun_of: UUID | None
    choices: list[ChoiceOut]


class TransactionsOut(Page):
    """Transactions, newest first."""

    results: list[TransactionOut]


class BranchTakenOut(Schema):
    """The branch taken at a Choice state."""

    state: str
    next: str | None
    rule: int | Literal["default"] | None


class TransactionExported(Schema):
    """A transaction as a line of an export tells it."""

    id: UUID
    workflow: str
    revision: int
    environment: str
    status: Status
    reference: str
    keys: dict[str, str | float] = Field(description=KEYS)
    choices: list[BranchTakenOut]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: str | None
    rerun_of: UUID | None


class EventOut(Schema):
    """A line of AWS history."""

    id: int = Field(description="AWS's own.")
    previous_id: int | None
    type: str
    at: datetime
    state: str | None
    details: dict[str, Any]


class EventsOut(Page):
    """Lines of history, oldest first."""

    results: list[EventOut]


class VisitOut(Schema):
    """A state entered and left."""

    position: int
    state: str
    type: str
    status: str
    entered_at: datetime
    exited_at: datetime | None
    input: Any
    output: Any
    attempts: list[Any]
    path: list[Any] = Field(description="The Map iterations and Parallel branches it is inside of.")
    iterations: list[Any]
    next: str | None
    error: str | None
    cause: str | None


class VisitsOut(Page):
    """States entered, in order."""

    results: list[VisitOut]


class ChoicesOut(Page):
    """Branches taken, in order."""

    results: list[ChoiceOut]


class AttentionOut(Schema):
    """What needs somebody now, each counted up to ten thousand."""

    failed: int = Field(description="In the last 24 hours, timed out ones among them.")
    stuck: int
    waiting: int = Field(description="For AWS.")
    not_deployed: int = Field(description="Deployments that failed, none having succeeded since, or that wait for AWS.")


class StreamOut(Schema):
    """The transactions of a workflow that took one branch and have one status."""

    workflow: str
    state: str | None = Field(description="The Choice; null where no branch was taken.")
    next: str | None
    status: Status
    count: int


class SummaryOut(Schema):
    """How an environment fares, and how a stretch of time went."""

    environment: str
    since: datetime
    attention: AttentionOut
    outcomes: dict[Status, int] = Field(description="How many are in each status.")
    is_partial: bool = Field(description="There are more than the ten thousand that were counted.")
    branches: list[StreamOut]
    left_out: int = Field(description="How many branches beyond the twelve most taken are not told.")


class DayOut(Schema):
    """How often on one day (UTC)."""

    day: date
    count: int


class BranchOut(Schema):
    """One branch: from a Choice to the next state; without `next` none was taken."""

    state: str
    next: str | None
    count: int
    share: int = Field(description="Percent of what went through the Choice.")
    days: list[DayOut]


class BranchesOut(Schema):
    """The twelve branches most taken."""

    results: list[BranchOut]
    is_partial: bool = Field(description="There are more than the ten thousand that were counted.")


class RunLogLineOut(Schema):
    """One line that a function logged."""

    at: datetime
    function: str = Field(description="Its name in AWS.")
    text: str
    request_id: str | None
    is_exact: bool = Field(description="Of the very invocation; else it only fell into its time.")


class RunLogOut(Schema):
    """What the functions of a transaction logged, as last read."""

    read_at: datetime | None = Field(description="Null before a worker has read it.")
    is_pending: bool = Field(description="A worker is about to read it: ask again.")
    is_partial: bool = Field(description="There are more lines; the first thousand are told.")
    problem: str | None = Field(description="Why it could not be read.")
    lines: list[RunLogLineOut]


def _parameter(name: str, says: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"in": "query", "name": name, "required": False, "description": says, "schema": schema}


def _filter(name: str, says: str, **schema: Any) -> dict[str, Any]:
    value = {"type": "string", "maxLength": LONGEST_VALUE} | schema
    return _parameter(name, says, {"type": "array", "maxItems": MOST_CONDITIONS, "items": value})


def _by_name(names: str, says: str) -> dict[str, Any]:
    """Parameters whose names fit a pattern: an object of them, whose members stand in the address one by one."""
    value = {"type": "string", "maxLength": LONGEST_VALUE}
    schema = {
        "type": "object",
        "propertyNames": {"pattern": names, "maxLength": LONGEST_VALUE},
        "additionalProperties": {"type": "array", "minItems": 1, "maxItems": MOST_CONDITIONS, "items": value},
    }
    return _parameter("keys", says, schema) | {
        "style": "form",
        "explode": True,
        "example": {"key.customer_id": ["c-1"]},
    }


def _time(name: str) -> dict[str, Any]:
    return _parameter(name, "ISO 8601; without an offset it is UTC.", {"type": "string", "format": "date-time"})


# Read by `selectors.parse`, for pages and API alike; here only described.
FILTERS: dict[str, Any] = {
    "parameters": [
        _filter("workflow", "Names; any of them."),
        _filter("status", "Any of them.", enum=list(TRANSACTION)),
        _filter("environment", "Names; any of them."),
        _filter("reference", "Exact; any of them."),
        _filter("branch", "`state->next`; either part may be left out. Any of them."),
        _filter("not.workflow", "None of these."),
        _filter("not.status", "None of these.", enum=list(TRANSACTION)),
        _filter("not.reference", "None of these."),
        _filter("not.branch", "None of these."),
        _by_name(
            r"^(not\.)?key\.[^\x00]+$",
            "Business keys, each a parameter of its own: `key.<name>` with any of its values, `not.key.<name>` none. "
            f"Of a text of more than {LONGEST_TEXT} characters the key is the first {LONGEST_TEXT}.",
        ),
        _time("created_after"),
        _time("created_before"),
        _parameter("q", "A reference or the value of a business key.", {"type": "string"}),
        _parameter("attention", "Those that need somebody.", {"type": "string", "enum": list(filtering.NEEDS)}),
    ]
}
