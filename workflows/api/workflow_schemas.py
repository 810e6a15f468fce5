"""What REST takes and gives of workflows, as its description shows it."""

from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema

from workflows.api.raw_json import JsonText
from workflows.api.schemas import LONGEST_NAME, LONGEST_NOTE, NEWEST, Asked, BriefDeploymentOut, DriftOut, Page


class WorkflowContentOut(Schema):
    """What a revision of a workflow holds."""

    type: Literal["STANDARD", "EXPRESS"]
    keys: dict[str, str] = Field(description="Business keys: name to path in the input.")
    definition: Any = Field(description="Amazon States Language; a text where it is not JSON.")
    input_schema: Any
    unique_references: bool = Field(description="A reference is taken once in an environment.")
    role: str = Field(description="ARN of a role of your own; empty: one is made.")
    problems: list[dict[str, Any]] = Field(description="What the checker says of the definition.")


class WorkflowOut(WorkflowContentOut):
    """A workflow by its newest revision."""

    name: str
    title: str
    revision: int = Field(description=NEWEST)
    drift: DriftOut | None = Field(description="How AWS compares with what was deployed; null: never compared.")
    live: BriefDeploymentOut | None = Field(description="The deployment in force in the environment.")
    last: BriefDeploymentOut | None = Field(description="The last deployment there, whatever came of it.")


class WorkflowsOut(Page):
    """Workflows, by name."""

    results: list[WorkflowOut]


class WorkflowRevisionIn(Asked):
    """A revision to be kept."""

    definition: JsonText = Field(description="Amazon States Language: as JSON, or as its text.")
    type: Literal["STANDARD", "EXPRESS"] = "STANDARD"
    title: str = Field("", max_length=120, pattern=r"^[^\x00]*$", description="Absent: it stays.")
    input_schema: JsonText | None = Field(None, description="JSON Schema: as JSON, or as its text.")
    keys: dict[str, str] = Field({}, max_length=50, description="Business keys: name to path in the input.")
    unique_references: bool = Field(False, description="Take a reference once in an environment.")
    role: str = Field("", max_length=600, description="ARN of a role of your own; empty: one is made.")
    note: str = Field("", max_length=LONGEST_NOTE, pattern=r"^[^\x00]*$", description="What changed.")
    base: int | None = Field(
        None, ge=0, lt=2**31, description="Newest revision this was begun from: 409 when there is a newer one."
    )
    base_title: str | None = Field(
        None, max_length=120, description="Title this was begun from: 409 when another one was given meanwhile."
    )


class InputSchemaOut(Schema):
    """What a workflow takes as its input."""

    revision: int
    input_schema: Any = Field(description="JSON Schema; null where it takes any.")


class WorkflowRevisionOut(WorkflowContentOut):
    """A revision of a workflow."""

    workflow: str
    number: int
    note: str
    created_at: datetime
    created_by: str | None


class WorkflowRevisionsOut(Page):
    """Revisions of a workflow, newest first."""

    results: list[WorkflowRevisionOut]


class ChangedLineOut(Schema):
    """One line of either text; a `skipped` one says how many that are the same were left out."""

    kind: Literal["same", "added", "removed", "skipped"]
    text: str


class ChangedPartOut(Schema):
    """A part of a revision that is not the same in the other."""

    title: str = Field(description="Such as Definition, Configuration, or the name of a file.")
    lines: list[ChangedLineOut]


class ComparisonOut(Schema):
    """What changed from one revision to another; without parts nothing did."""

    before: int
    after: int
    parts: list[ChangedPartOut]


class PredictionIn(Asked):
    """An input to be followed."""

    input: JsonText
    revision: int | None = Field(None, ge=1, le=2**31 - 1, description="Absent: the one live there, else the newest.")
    environment: str | None = Field(None, max_length=LONGEST_NAME, description="Absent: `default`.")
    results: JsonText | None = Field(None, description="Sample results of Tasks, by state: the way goes on after them.")


class PredictedStepOut(Schema):
    """A state on the way; a Choice with every rule tried."""

    state: str
    type: str
    input: Any
    next: str | None
    output: Any = None
    assigned: dict[str, Any] | None = None
    choice: Any = None


class WayOut(Schema):
    """The way as far as it is known. `unknown`: `reason` says why it is not followed further."""

    status: Literal["succeeded", "failed", "unknown"]
    steps: list[PredictedStepOut]
    output: Any = None
    error: str | None = None
    cause: str | None = None
    reason: str | None = None


class PredictionOut(WayOut):
    """The way that an input would take through a revision."""

    revision: int
    refused_for: list[dict[str, str]] = Field(
        description="Why this input would not be accepted: `path` and `message`, by the input schema."
    )


class CheckIn(WorkflowRevisionIn):
    """A definition to be checked as it would be saved."""

    input: JsonText | None = Field(None, description="An input whose way is wanted too.")
    results: JsonText | None = Field(None, description="Sample results of Tasks, by state: the way goes on after them.")


class CheckOut(Schema):
    """What is to be said of a definition."""

    problems: list[dict[str, Any]] = Field(
        description="What the checker says; an `error` keeps it from being deployed."
    )
    prediction: WayOut | None = Field(
        description="Of the `input`; null without one or where there is no way to follow."
    )
