"""What the REST of hooks takes and gives, and what hooks themselves are sent, as the API's description shows it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import AfterValidator, ConfigDict

from transactions import conditions, payloads, signing
from transactions.api.schemas import KEYS, BranchTakenOut
from transactions.targets import LONGEST
from workflows import moments
from workflows.api.schemas import SHOWN, Page

Event = Literal[
    "transaction.accepted",
    "transaction.started",
    "transaction.branch_taken",
    "transaction.succeeded",
    "transaction.failed",
    "transaction.timed_out",
    "transaction.aborted",
    "transaction.stuck",
    "deployment.succeeded",
    "deployment.failed",
    "hook.disabled",
]
HookFilter = Literal["unverified", "live", "failing", "off"]
LONGEST_NAME = 100


class HookIn(Schema):
    """A subscription asked for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    target_url: str = Field(max_length=LONGEST, description="https, and on the public internet.")
    events: list[Event] = Field(min_length=1, max_length=20)
    workflow: str | None = Field(None, max_length=LONGEST_NAME, description="Name; absent: any.")
    branch: str | None = Field(None, max_length=170, description="`state->next`; either part may be left out.")
    environment: str | None = Field(None, max_length=LONGEST_NAME, description="Absent: any.")
    conditions: list[str] = Field(
        default=[],
        max_length=conditions.MOST,
        description="Such as `amount > 100`; all of them must hold. Business keys, status, reference, error, "
        f"workflow, environment; {', '.join(conditions.OPERATORS)}.",
    )


class HookOut(Schema):
    """A subscription. It is live once it has answered a ping."""

    id: UUID
    target_url: str
    events: list[Event]
    workflow: str | None
    branch: str | None
    environment: str | None
    conditions: list[str]
    status: Literal["unverified", "live", "off"]
    problem: str | None = Field(description="Why it was switched off, or is not verified yet.")
    created_at: datetime
    created_by: str | None
    is_orphaned: bool = Field(
        description="Who made it may not manage hooks any more. It is told until somebody switches it off."
    )
    live_since: datetime | None
    failing_since: datetime | None = Field(description="Nothing has reached it since then.")
    held_until: datetime | None = Field(description="Its receiver asked for quiet until then.")
    former_until: datetime | None = Field(description="Until then messages are signed with the former secret too.")


class HookMadeOut(HookOut):
    """A subscription just made."""

    secret: str = Field(description=f"`whsec_…`, as Standard Webhooks has it. {SHOWN}")


class HooksOut(Page):
    """Subscriptions, newest first."""

    results: list[HookOut]


class SecretOut(Schema):
    """A new secret."""

    secret: str = Field(description=SHOWN)
    former_until: datetime = Field(description="Until then messages are signed with the former secret too.")


Moment = Annotated[datetime, AfterValidator(moments.in_utc)]


class ResendIn(Schema):
    """Which deliveries that failed or were missed to send, by when they were told."""

    model_config = ConfigDict(extra="forbid")

    since: Moment
    until: Moment | None = None


class ResentOut(Schema):
    """How many are sent again."""

    count: int


class DeliveryOut(Schema):
    """One fact told to one hook."""

    id: UUID
    message_id: str = Field(description=f"What is sent as `{signing.ID}`, at every try.")
    hook: UUID
    event: str
    subject: str = Field(description="Id of what it tells of.")
    status: Literal["pending", "failing", "delivered", "failed", "not_sent"] = Field(
        description="`pending` was not tried yet, `failing` waits for its next try."
    )
    reason: str | None = Field(description="Why it was not sent, or given up.")
    is_missed: bool = Field(description="It fits, but the hook was off or not verified then: `resend` sends it.")
    created_at: datetime
    finished_at: datetime | None
    attempts: int
    status_code: int | None = Field(description="Last answered.")
    next_attempt_at: datetime | None = Field(
        description="When it is due, after any quiet its receiver asked for; one that is over: it waits for its turn."
    )


class AttemptOut(Schema):
    """One HTTP try."""

    number: int
    at: datetime
    duration_ms: int
    request_headers: dict[str, str] = Field(description="Signatures masked.")
    status_code: int | None
    answer: str
    error: str | None = Field(description="In words; null when it was taken.")


class DeliveryInFullOut(DeliveryOut):
    """One delivery with what was sent, and every try."""

    payload: Any
    tried: list[AttemptOut] = Field(
        description="Every try whose end was seen: one in which a worker was killed is made again, and is not here."
    )


class DeliveriesOut(Page):
    """Some deliveries, newest first."""

    results: list[DeliveryOut]


class OutcomesOfHourOut(Schema):
    """What ended in one hour, and what was told in it and has not."""

    at: datetime = Field(description="When the hour began.")
    delivered: int
    failed: int
    not_sent: int = Field(description="Kept back by a condition, or missed by a hook that was not live.")
    pending: int = Field(description="Not tried yet.")
    failing: int = Field(description="Tried, and waiting for the next try.")


class OutcomesOut(Schema):
    """What became of deliveries, hour by hour."""

    results: list[OutcomesOfHourOut]


# ---- what hooks are sent


class TransactionTold(Schema):
    """What is told of a transaction: never its input or output; fetch them by id."""

    id: UUID
    workflow: str
    revision: int
    environment: str
    status: str = Field(description="As it was when this happened.")
    reference: str
    keys: dict[str, str | float] = Field(description=KEYS)
    choices: list[BranchTakenOut] = Field(description="Of branch_taken the one branch; of what is over, all of them.")
    error: str | None
    url: str


class DeploymentTold(Schema):
    """What is told of a deployment."""

    id: int
    workflow: str | None
    function: str | None
    revision: int
    environment: str
    status: Literal["succeeded", "failed"]
    error: str | None
    url: str


class HookTold(Schema):
    """What is told of a hook that was switched off."""

    id: UUID
    status: Literal["off"]
    error: str
    url: str


class PingTold(Schema):
    """What a hook has to answer with 2xx before it is live."""

    id: UUID
    url: str


_TOLD: dict[str, type[Schema]] = {
    "transaction": TransactionTold,
    "deployment": DeploymentTold,
    "hook": HookTold,
    payloads.PING: PingTold,
}
_SIGNED = [
    (signing.ID, "The same at every try: what was seen before can be left alone."),
    (signing.TIMESTAMP, "Unix seconds."),
    (signing.SIGNATURE, "`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`; one for each valid secret."),
]


def described() -> dict[str, Any]:
    """The part of the API's description that tells of the messages."""
    says = {payloads.PING: "A hook was made, or is to be verified again.", **payloads.EVENTS}
    return {"webhooks": {event: {"post": _operation(event, text)} for event, text in says.items()}}


def _operation(event: str, says: str) -> dict[str, Any]:
    told = _TOLD[event.partition(".")[0]].model_json_schema(mode="serialization")
    body = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "additionalProperties": False,
        "properties": {
            "type": {"const": event},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": _inlined(told, told.pop("$defs", {})),
        },
    }
    return {
        "summary": says,
        "operationId": event,
        "tags": ["Webhooks"],
        "security": [],
        "parameters": [
            {"in": "header", "name": name, "required": True, "description": text, "schema": {"type": "string"}}
            for name, text in _SIGNED
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "2XX": {"description": "Taken; within 15 s."},
            "410": {"description": "Wants to be told nothing more: the hook is switched off."},
            "429": {"description": "Wants quiet for a while, as Retry-After says."},
            "default": {"description": "Not taken: it is tried again."},
        },
    }


def _inlined(schema: Any, parts: dict[str, Any]) -> Any:
    """The schema with the parts it refers to in their places: ninja lets nobody add to the description's own."""
    if isinstance(schema, list):
        return [_inlined(one, parts) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(parts[schema["$ref"].rpartition("/")[2]], parts)
    return {name: _inlined(one, parts) for name, one in schema.items()}
