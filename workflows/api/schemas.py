"""What REST takes and gives, as its description shows it.

What is of functions, workflows or imports alone stands in a module of its own beside this one.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Field, Query, Schema
from pydantic import ConfigDict

LONGEST_NAME = 100
LONGEST_NOTE = 200
Number = Annotated[int, Query(ge=1, le=2**31 - 1, description="Number of a revision.")]
Written = Annotated[str, Field(pattern=r"^[^\x00]*$")]
Name = Annotated[str, Field(max_length=LONGEST_NAME, pattern=r"^[\w.-]+$")]
Colour = Literal["green", "blue", "amber", "red"]
NEXT = "Give it as `cursor` to get the following ones; null when there are none."
NEWEST = "Number of the newest revision; the others describe it."
# Of every secret that an answer holds.
DAYS = 90
SHOWN = "Told in this answer, and again only to the same request with the same Idempotency-Key, for 180 days."


class Asked(Schema):
    """A body: nothing in it is taken for something else, and nothing is left out of account."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Page(Schema):
    """Some of a list."""

    next: str | None = Field(description=NEXT)


# ---- environments


class CapabilityOut(Schema):
    """Something that can be done in some environments and not in others."""

    name: str
    is_available: bool
    refusal: str | None = Field(description="Why not, and what to do instead.")


class EnvironmentOut(Schema):
    """A place to deploy to."""

    name: str
    title: str
    is_embedded: bool
    is_production: bool
    region: str
    account_id: str | None
    name_prefix: str = Field(description="What names in AWS begin with.")
    colour: Colour
    role_arn: str = Field(description="Of the role that workers assume; empty: their own.")
    reached_at: datetime | None
    unreachable_since: datetime | None
    problem: str | None
    capabilities: list[CapabilityOut]


class EnvironmentInFullOut(EnvironmentOut):
    """The same with what only those see who may change it."""

    external_id: str
    permissions_boundary: str


class EnvironmentChange(Asked):
    """What is to be otherwise; what is absent stays."""

    title: Written = Field("", max_length=80)
    colour: Colour = "blue"
    is_production: bool = False
    region: Written = Field("", max_length=32)
    account_id: Written = Field("", max_length=12, description="Twelve digits.")
    role_arn: Written = Field("", max_length=200, description="Of the role that workers assume; empty: their own.")
    external_id: Written = Field("", max_length=200)
    name_prefix: Written = Field("", max_length=24, description="What names in AWS begin with.")
    permissions_boundary: Written = Field("", max_length=200, description="ARN of a policy.")


class EnvironmentIn(EnvironmentChange):
    """A place in an AWS account."""

    name: str = Field(min_length=1, max_length=40, pattern=r"^[-a-zA-Z0-9_]+$", description="It stays.")
    title: Written = Field(min_length=1, max_length=80)
    region: Written = Field(min_length=1, max_length=32)
    name_prefix: Written = Field("signalbox-", max_length=24, description="What names in AWS begin with.")


class EnvironmentsOut(Page):
    """Environments, by name."""

    results: list[EnvironmentOut]


# ---- tokens


class TokenIn(Asked):
    """A token to be made."""

    name: Written = Field(min_length=1, max_length=100)
    scopes: list[Name] = Field(
        [], max_length=20, description="`read`, `submit`, `deploy`, `manage_hooks`; none: whatever its owner may do."
    )
    workflows: list[Name] = Field([], max_length=100, description="Names of those it is for; none: all.")
    environments: list[Name] = Field([], max_length=100, description="Names of those it is for; none: all.")
    days: int | None = Field(DAYS, ge=1, le=3_650, description=f"Until it expires; absent: {DAYS}, null: never.")


class TokenRotationIn(Asked):
    """How long the old one goes on."""

    overlap_hours: int = Field(0, ge=0, le=168, description="0: it ends at once.")


class TokenOut(Schema):
    """An API token, without its secret."""

    id: int
    name: str
    prefix: str = Field(description="What its secret begins with.")
    scopes: list[str]
    workflows: list[str]
    environments: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class TokenMadeOut(TokenOut):
    """A new token with its secret."""

    secret: str = Field(description=SHOWN)


class TokensOut(Page):
    """Tokens, newest first."""

    results: list[TokenOut]


# ---- deployments


class StepOut(Schema):
    """One thing a deployment asked about and, where needed, changed."""

    name: str
    status: str
    detail: str
    started_at: datetime
    finished_at: datetime | None


class BriefDeploymentOut(Schema):
    """A revision brought to an environment."""

    id: int
    revision: int
    environment: str
    status: Literal["requested", "running", "succeeded", "failed"]
    is_live: bool
    is_found: bool = Field(description="Not brought there from here: it stands for what an import found in AWS.")
    removes: bool = Field(description="Whether it takes the function out of the environment.")
    share: int | None = Field(description="Percent of the calls that go to it; null: all of them.")
    requested_at: datetime
    finished_at: datetime | None
    resource_arn: str | None
    version_arn: str | None
    error: str | None
    cause: str | None


class DeploymentOut(BriefDeploymentOut):
    """A revision of a workflow or of a function brought to an environment, with its steps."""

    workflow: str | None
    function: str | None
    requested_by: str | None
    started_at: datetime | None
    waiting_since: datetime | None
    advice: str | None
    outcome: str | None = Field(description="Which version has the calls since it failed, where the function had any.")
    steps: list[StepOut]


class DeploymentsOut(Page):
    """Deployments, newest first."""

    results: list[DeploymentOut]


class DeploymentIn(Asked):
    """What to deploy, and where."""

    revision: int | None = Field(None, ge=1, le=2**31 - 1, description="Absent: the newest.")
    environment: str | None = Field(None, max_length=LONGEST_NAME, description="Absent: `default`.")
    share: int | None = Field(None, ge=1, le=99, description="Percent of a function's calls; absent: all of them.")


class PlanStepOut(Schema):
    """One thing in AWS, and what becomes of it."""

    verb: Literal["create", "change", "remove", "leave", "stop", "wait", "warn"]
    what: str
    details: list[str]


class PlanOut(Schema):
    """What a deployment would do."""

    revision: int
    environment: str
    live_revision: int | None
    steps: list[PlanStepOut]
    policy: dict[str, Any] = Field(description="What its role will be allowed.")
    wildcards: list[str] = Field(description="What that allows beyond what it names, a sentence each.")
    resource_policy: dict[str, Any] | None = Field(description="Who else may invoke a function's alias.")


# ---- drift


class DifferenceOut(Schema):
    """One thing that is not in AWS as it was deployed."""

    field: str
    deployed: str = Field(description="Values of environment variables are masked.")
    live: str
    since: datetime


class DriftOut(Schema):
    """How what is live compares with what was deployed."""

    differs: bool
    differs_since: datetime | None
    is_gone: bool = Field(description="Deleted in AWS.")
    checked_at: datetime | None
    is_pending: bool = Field(description="A worker is asked to look.")
    problem: str | None = Field(description="Why it could not be compared, or not be accepted.")
    fingerprint: str | None = Field(description="Of the differences; accepting names it.")
    differences: list[DifferenceOut]


class DriftOfOut(DriftOut):
    """The same of one of many things: a function or a workflow."""

    function: str | None
    workflow: str | None
    environment: str


class DriftsOut(Page):
    """How what is live compares with what was deployed, in the order in which it was first looked at."""

    results: list[DriftOfOut]


class AcceptIn(Asked):
    """Take what is live as a revision."""

    fingerprint: str = Field(max_length=64, description="Of the differences that were looked at.")
    note: str = Field("", max_length=LONGEST_NOTE, pattern=r"^[^\x00]*$", description="Why it was changed.")


# ---- records


class ActivityOut(Schema):
    """One change: who, what, before and after."""

    id: int
    at: datetime
    by: str
    action: str
    kind: str
    object: str
    label: str
    before: Any
    after: Any
    request_id: str | None


class ActivitiesOut(Page):
    """Activity, newest first."""

    results: list[ActivityOut]


class PointOut(Schema):
    """What was recorded over the period that begins at this time."""

    at: datetime
    value: float


class LineOut(Schema):
    """One statistic of one CloudWatch metric."""

    label: str
    metric: str
    statistic: str
    points: list[PointOut]


class ChartOut(Schema):
    """Metrics of one namespace and unit."""

    title: str
    namespace: str
    unit: str
    lines: list[LineOut]


class MetricsOut(Schema):
    """Metrics of one thing over one range, as last read from CloudWatch."""

    environment: str
    workflow: str | None
    function: str | None
    range: str
    period: int = Field(description="Seconds a point stands for.")
    begin_at: datetime | None
    end_at: datetime | None
    read_at: datetime | None
    is_pending: bool
    problem: str | None
    charts: list[ChartOut]
