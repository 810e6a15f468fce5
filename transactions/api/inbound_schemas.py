"""What the REST of inbound hooks takes and gives, as its description shows it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from transactions import inbound, mappings
from transactions.services.inbound import LONGEST_SECRET, SHORTEST_SECRET
from workflows.api.schemas import LONGEST_NAME, SHOWN, Asked, Page

Scheme = Literal["standard", "body", "timed", "bearer"]
Language = Literal["paths", "jsonata"]
Outcome = Literal["started", "duplicate", "filtered", "refused"]
LONGEST_CONDITIONS = 4_000
NO_NUL = r"^[^\x00]*$"
MAPPING = (
    "`paths`: a member a line, such as `CustomerId = $.data.customer`, `Source = header:User-Agent`, `Type = REFUND`. "
    "`jsonata`: one expression over `$body` and `$headers`. Absent: the body is the input."
)


class InboundHookIn(Asked):
    """An address to be made."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$", description="Last part of its address.")
    workflow: str = Field(max_length=LONGEST_NAME, description="Name of the workflow it starts.")
    title: str = Field("", max_length=120, pattern=NO_NUL)
    environment: str | None = Field(None, max_length=LONGEST_NAME, description="Absent: `default`.")
    scheme: Scheme = "standard"
    header: str = Field("", max_length=80, pattern=r"^[\w-]*$", description="Absent: the usual one of the scheme.")
    prefix: str = Field("", max_length=40, pattern=NO_NUL, description="What the signature begins with.")
    secret: str | None = Field(
        None, min_length=SHORTEST_SECRET, max_length=LONGEST_SECRET, description="Absent: one is made."
    )
    refuses_replays: bool = True
    conditions: str = Field("", max_length=LONGEST_CONDITIONS, pattern=NO_NUL, description="One a line; all must hold.")
    language: Language = "paths"
    mapping: str = Field("", max_length=mappings.LONGEST, description=MAPPING)
    is_active: bool = True


class InboundHookChange(Asked):
    """What is to be changed of one; what is absent stays."""

    workflow: str = Field("", max_length=LONGEST_NAME)
    title: str = Field("", max_length=120, pattern=NO_NUL)
    environment: str = Field("", max_length=LONGEST_NAME)
    scheme: Scheme = "standard"
    header: str = Field("", max_length=80, pattern=r"^[\w-]*$")
    prefix: str = Field("", max_length=40, pattern=NO_NUL)
    refuses_replays: bool = True
    conditions: str = Field("", max_length=LONGEST_CONDITIONS, pattern=NO_NUL)
    language: Language = "paths"
    mapping: str = Field("", max_length=mappings.LONGEST)
    is_active: bool = True


class SecretIn(Asked):
    """A secret the sender gave."""

    secret: str | None = Field(
        None, min_length=SHORTEST_SECRET, max_length=LONGEST_SECRET, description="Absent: one is made."
    )


class InboundHookOut(Schema):
    """An address at which another system starts a workflow."""

    name: str
    title: str
    path: str
    workflow: str
    environment: str
    scheme: Scheme
    header: str | None
    prefix: str | None
    refuses_replays: bool
    conditions: str
    language: Language
    mapping: str
    is_active: bool
    has_two_secrets: bool = Field(description="The one before the last rotation is valid too.")
    leaves_open: str = Field(description="What the scheme protects from and what not, as `refuses_replays` is.")
    created_at: datetime
    created_by: str = Field(description="It starts in this person's name.")
    is_orphaned: bool = Field(
        description="Who made it may not submit any more: it starts nothing until it is taken over."
    )


class InboundHookMadeOut(InboundHookOut):
    """One that was made or given another secret."""

    secret: str | None = Field(description=f"Null when the caller gave it. {SHOWN}")


class InboundHooksOut(Page):
    """Inbound hooks, by name."""

    results: list[InboundHookOut]


class InboundRequestOut(Schema):
    """A request that came, and what became of it."""

    id: int
    received_at: datetime
    outcome: Outcome
    status: int
    reason: str | None
    transaction: UUID | None
    duplicate_of: int | None
    address: str
    headers: dict[str, str] = Field(description="Secrets masked.")
    body: str = Field(description="Empty where it was not kept: the sender was not known.")
    size: int
    times: int = Field(
        description="How many requests this stands for: of what nobody known sent, the last that is listed in an hour "
        "counts those that came after it."
    )


class InboundRequestsOut(Page):
    """Requests, newest first."""

    results: list[InboundRequestOut]


class TestIn(Asked):
    """A request to be tried."""

    body: str = Field("", max_length=300_000)
    headers: dict[str, str] = Field({}, max_length=60, description="With its signature, to have that looked at too.")
    request: int | None = Field(
        None, ge=1, le=2**63 - 1, description="Id of one that was received, in place of body and headers."
    )


class StageOut(Schema):
    """One step of what a hook makes of a request."""

    name: str = Field(
        description="`signature`, `replay`, `body`, `filter`, `mapping`, `input`; `hook` if it is off, `maker` in vain."
    )
    passed: bool | None = Field(description="Null: nobody can say it, as the body was not kept.")
    is_reached: bool = Field(description="False behind one that did not pass: the rest is what would be.")
    sentence: str
    status: int | None = Field(
        description="What its sender is answered where it did not pass; 200: it is filtered, or a duplicate."
    )
    repeats: int | None = Field(description="Of `replay`: the request that it repeats.")
    given: Any


class StagesOut(Schema):
    """The steps, as far as they could be taken."""

    stages: list[StageOut]


# ---- what senders post to


def described() -> dict[str, Any]:
    """The address that senders post to, as the API's description has it: it asks for a signature, not for a token."""
    reason = {"type": ["string", "null"], "description": "Why it was filtered, or what it repeats."}
    answered = {
        "type": "object",
        "required": ["outcome", "transaction", "reason"],
        "properties": {
            "outcome": {"enum": ["started", "duplicate", "filtered"]},
            "transaction": {"type": ["string", "null"], "format": "uuid"},
            "reason": reason,
        },
    }
    says = {
        400: "The body is not JSON that can be read (`errors` says where), or may have broken off where the scheme "
        "does not sign it.",
        401: "The signature, or its time, is not right.",
        403: "Who made the hook may not submit any more.",
        404: "There is no hook at this address, or it is switched off.",
        413: f"The body has more than {inbound.LARGEST:,} bytes.",
        422: "The mapping or the workflow does not take it: `errors` has every reason, at its `path` in the input that "
        "was made (`/input/Amount`), or at `/mapping` or `/conditions` of the hook.",
        429: "Too many at once: those that know the secret are counted apart from those that do not.",
        500: "A fault of ours: nothing was started.",
        503: "The database does not answer: sending the same again does nothing twice.",
    }
    taken = {200: "Known before, or filtered: nothing was started.", 202: "A transaction was started."}
    problem = {"$ref": "#/components/schemas/Problem"}
    responses = {status: _answer(text, answered) for status, text in taken.items()}
    responses |= {status: _answer(text, problem) for status, text in says.items()}
    operation = {
        "operationId": "receive_from_sender",
        "summary": "Start a workflow, as a sender that cannot be changed",
        "description": "What the body and the headers have to be is for the hook's scheme, filter and mapping to say.",
        "tags": ["Inbound hooks"],
        "security": [],
        "parameters": [{"in": "path", "name": "slug", "required": True, "schema": {"type": "string", "maxLength": 60}}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
        "responses": responses,
    }
    return {"/hooks/in/{slug}": {"post": operation}}


def _answer(says: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": says, "content": {"application/json": {"schema": schema}}}
