"""What the REST of functions takes and gives, as its description shows it: revisions, triggers, logs, invocations."""

from datetime import date, datetime
from typing import Any, Literal

from ninja import Field, Schema

from workflows import triggers
from workflows.api.raw_json import JsonText
from workflows.api.schemas import LONGEST_NAME, NEWEST, Asked, BriefDeploymentOut, DriftOut, Page, PlanStepOut

LONGEST_PAYLOAD_NAME = 60
TriggerStatus = Literal[
    "defined", "pending", "live", "failed", "edited", "leaving", "gone", "changed", "roleless", "found"
]


# ---- functions


class TriggerIn(Asked):
    """A trigger to be added. Its settings are those of `[[triggers]]` in function.toml."""

    type: Literal["http", "s3", "sqs", "sns", "dynamodb", "eventbridge", "schedule"]
    settings: dict[str, Any] = Field(
        examples=[{"method": "GET", "path": "/orders"}],
        description=f"By type, those with a star have to be there.\n\n{triggers.table()}",
    )


class TriggerChange(Asked):
    """What of a trigger's settings is to be another; what is not named stays, and null takes one away."""

    settings: dict[str, Any] = Field(examples=[{"batch_size": 5}])


class TriggerOut(Schema):
    """Something that calls a function."""

    id: str | None = Field(description="To take it away by; none of workflows and functions.")
    type: Literal["http", "s3", "sqs", "sns", "dynamodb", "eventbridge", "schedule", "stepfunctions", "lambda"]
    source: str = Field(description="What calls: a route, queue, topic, bucket, table, rule, workflow or function.")
    status: TriggerStatus = Field(
        description="`defined`: not deployed yet; `edited`: in AWS as it was before; `leaving`: goes with the next "
        "deployment; `gone`, `changed`: last seen to be so in AWS; `found`: imported, taken over when it is deployed."
    )
    settings: dict[str, Any] = Field(description="As the definition says them; none of workflows and functions.")
    invoke_url: str | None = Field(description="Where an HTTP route is called, once it is live.")
    source_arn: str | None
    problem: str | None


class TriggerTestIn(Asked):
    """What a trigger is tested with."""

    payload: JsonText | None = Field(
        None,
        description="The message, body or content, as a text or as JSON; of a route without a body its query, a text. "
        "Absent: something that its filter lets through.",
    )


class TriggerTestOut(Schema):
    """Something sent to a trigger to see its function run."""

    id: int
    function: str
    trigger: str
    environment: str
    status: Literal["requested", "running", "succeeded", "raised", "unclear", "failed"] = Field(
        description="`succeeded`, `raised`: the run of what was sent; `unclear`: a run whose log does not name it."
    )
    sent: str | None = Field(description="What was sent, and where.")
    answer: str | None = Field(description="What came of it.")
    error: str | None = Field(description="What the function failed with.")
    requested_at: datetime
    finished_at: datetime | None


class BillOut(Schema):
    """What a function used and cost on a day, or in a month."""

    begins: date
    invocations: int
    seconds: float
    amount: float | None = Field(description="Null where no price is kept for all of it.")
    currency: str | None


class CostOut(Schema):
    """What a function cost, as last read from CloudWatch."""

    function: str
    environment: str
    read_at: datetime | None
    is_pending: bool
    problem: str | None
    days: list[BillOut] = Field(description="Newest first, without those on which it did not run.")
    months: list[BillOut]


class CallOut(Schema):
    """Something that a function may call."""

    kind: str = Field(description="`function`, `resource`, or what triggers name: `sqs queue`, `sns topic`, ..")
    name: str
    arn: str | None = Field(description="Null of functions, and where only AWS knows it.")
    actions: list[str] = Field(description="Empty of functions: it may invoke them.")
    is_wide: bool = Field(description="By a permission with wildcards, which lets it call more than is named.")
    status: Literal["defined", "live", "gone", "roleless"] = Field(
        description="`defined`: not deployed yet; `gone`: one of the two was seen to be deleted in AWS; `roleless`: "
        "its role was."
    )


class ConfigurationOut(Schema):
    """What a function is set to, in the words in which it is saved."""

    runtime: str
    handler: str
    memory: int = Field(description="MB")
    timeout: int = Field(description="Seconds")
    architecture: str
    layers: list[str]
    storage: int = Field(description="MB of /tmp")
    concurrency: int | None = Field(description="Reserved; null: none is.")
    environment: dict[str, str] = Field(description="Values are masked; an export has them for who may see them.")
    permissions: list[Any] = Field(description="What it may do in AWS beside its own log and its triggers.")
    role: str = Field(description="ARN of a role of your own; empty: one is made.")
    dead_letter: str = Field(description="ARN of where events go that failed; empty: nowhere.")
    on_failure: str = Field(description="ARN of what is told of events that failed; empty: nothing.")
    tags: dict[str, str]
    package_sha256: str
    package_bytes: int


class FunctionOut(ConfigurationOut):
    """A function by its newest revision."""

    name: str
    deleted_at: datetime | None = Field(description="Since when it is in no environment and not listed; null: it is.")
    revision: int = Field(description=NEWEST)
    smoke_test: str | None = Field(description="Name of the payload that a version must answer; null: none.")
    triggers_revision: int = Field(
        description="The revision that `triggers` are of, and that a change of them begins with: the newest, or what "
        "is live in the environment where the newest was rolled back."
    )
    triggers: list[TriggerOut] = Field(description="What calls it in the environment.")
    calls: list[CallOut] = Field(description="What it may call there, by its permissions.")
    loops: list[str] = Field(
        description="Circles it is part of, in words: each call in one may, or perhaps does, make another."
    )
    drift: DriftOut | None = Field(description="How AWS compares with what was deployed; null: never compared.")
    live: BriefDeploymentOut | None = Field(description="The deployment in force in the environment.")
    shift: BriefDeploymentOut | None = Field(description="The one that has a share of the calls beside it.")
    last: BriefDeploymentOut | None = Field(description="The last deployment there, whatever came of it.")


class UseOut(Schema):
    """A workflow or function that needs another function."""

    kind: Literal["workflow", "function"]
    name: str
    where: str = Field(description="In which of its revisions.")


class GoingOut(Schema):
    """What a deletion takes away in one environment."""

    environment: str
    steps: list[PlanStepOut]


class RemovalPlanOut(Schema):
    """What deleting a function would take away, and what forbids it."""

    function: str
    used_by: list[UseOut] = Field(description="While there is any, it is not deleted.")
    environments: list[GoingOut]


class RemovalOut(Schema):
    """What becomes of a function that is deleted or restored."""

    function: str
    deleted_at: datetime | None = Field(description="Null while it is there, in some environment or to be deployed.")
    deployments: list[BriefDeploymentOut] = Field(description="One for each environment, until each is `succeeded`.")


class SmokeTestIn(Asked):
    """Which kept payload a version must answer."""

    name: str | None = Field(max_length=60, pattern=r"^[^\x00]*$", description="Of the payload; null: none.")


class SmokeTestOut(Schema):
    """Which kept payload a version must answer."""

    function: str
    name: str | None


class FunctionsOut(Page):
    """Functions, by name."""

    results: list[FunctionOut]


class FunctionRevisionOut(ConfigurationOut):
    """A revision of a function, without its code."""

    function: str
    number: int
    triggers: list[Any]
    problems: list[dict[str, Any]] = Field(
        description="What is wrong with the syntax of its Python, in the handler's file and those in no folder."
    )
    note: str
    created_at: datetime
    created_by: str | None


class FunctionRevisionsOut(Page):
    """Revisions of a function, newest first."""

    results: list[FunctionRevisionOut]


# ---- logs


class LogLineOut(Schema):
    """A line a function logged."""

    at: datetime
    request_id: str | None = Field(description="Of the invocation that wrote it, where that is known.")
    stream: str
    text: str


class LogOut(Schema):
    """Lines of a function's log, as last read from CloudWatch."""

    function: str
    environment: str
    range: str
    read_at: datetime | None
    is_pending: bool = Field(description="A worker is asked to read newer ones.")
    is_partial: bool = Field(description="There are more than the newest thousand.")
    problem: str | None
    lines: list[LogLineOut] = Field(description="Oldest first.")


# ---- invocations


class InvocationIn(Asked):
    """A function to be invoked, once."""

    payload: JsonText = Field(JsonText("{}"), description="The event its handler gets. Absent: `{}`.")
    type: Literal["RequestResponse", "Event"] = Field(
        "RequestResponse", description="Wait for the answer, or only have it queued by Lambda."
    )
    environment: str | None = Field(None, max_length=LONGEST_NAME, description="Absent: `default`.")


class PayloadIn(Asked):
    """A payload to be kept; one of that name is replaced."""

    name: str = Field(min_length=1, max_length=LONGEST_PAYLOAD_NAME)
    payload: JsonText


class PayloadOut(Schema):
    """What a function is invoked with, kept under a name for everybody."""

    id: int
    name: str
    payload: JsonText
    created_at: datetime


class PayloadsOut(Page):
    """Payloads of a function, by name."""

    results: list[PayloadOut]


class FailureOut(Schema):
    """What the function, or AWS in its place, says of a failure; in AWS's own words."""

    errorType: str  # noqa: N815
    errorMessage: str  # noqa: N815
    stackTrace: list[str]  # noqa: N815


class InvocationOut(Schema):
    """One invocation that was asked for here."""

    id: int
    function: str
    revision: int
    environment: str
    type: Literal["RequestResponse", "Event"]
    status: Literal["requested", "running", "succeeded", "failed", "unknown", "queued"] = Field(
        description="Final are the last four. It is sent once: an answer that does not come leaves it unknown. "
        "`queued`: Lambda took the Event; whether its function succeeded, its log and on-failure destination tell."
    )
    payload: JsonText
    result: JsonText | None = Field(description="What the handler gave back; null for an Event.")
    error: FailureOut | None
    log_tail: str | None = Field(description="The last 4 KB it logged.")
    request_id: str | None
    duration_ms: float | None
    billed_ms: int | None
    init_ms: float | None = Field(description="Of a cold start; null when it was warm.")
    memory_mb: int | None = Field(description="The most it used.")
    memory_size_mb: int | None = Field(description="What it was given.")
    cost: float | None = Field(description="By the price table kept here; null where that has no price for the region.")
    currency: str | None
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class InvocationsOut(Page):
    """Invocations of a function, newest first."""

    results: list[InvocationOut]
