"""What the REST of functions and workflows gives, as its description shows it."""

from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema


class DeploymentOut(Schema):
    """A revision brought to an environment."""

    id: int
    revision: int
    environment: str
    status: Literal["requested", "running", "succeeded", "failed"]
    is_live: bool
    requested_at: datetime
    finished_at: datetime | None
    resource_arn: str | None
    version_arn: str | None
    error: str | None
    cause: str | None


class TriggerOut(Schema):
    """Something that calls a function."""

    type: Literal["http", "s3", "sqs", "sns", "dynamodb", "eventbridge", "schedule", "stepfunctions", "lambda"]
    source: str = Field(description="What calls: a route, queue, topic, bucket, table, rule, workflow or function.")
    status: Literal["defined", "pending", "live", "failed", "leaving"] = Field(
        description="`defined`: not deployed yet; `leaving`: goes with the next deployment."
    )
    settings: dict[str, Any] = Field(description="As the definition says them; none of workflows and functions.")
    invoke_url: str | None = Field(description="Where an HTTP route is called, once it is live.")
    source_arn: str | None
    problem: str | None


class FunctionOut(Schema):
    """A function by its newest revision."""

    name: str
    revision: int = Field(description="Number of the newest revision; the others describe it.")
    runtime: str
    handler: str
    memory: int = Field(description="MB")
    timeout: int = Field(description="Seconds")
    package_sha256: str
    triggers: list[TriggerOut] = Field(description="What calls it in the default environment.")
    live: DeploymentOut | None = Field(description="The deployment in force in the default environment.")
    last: DeploymentOut | None = Field(description="The last deployment there, whatever came of it.")


class WorkflowOut(Schema):
    """A workflow by its newest revision."""

    name: str
    title: str
    revision: int = Field(description="Number of the newest revision; the others describe it.")
    type: Literal["STANDARD", "EXPRESS"]
    keys: dict[str, str] = Field(description="Business keys: name to path in the input.")
    definition: Any
    input_schema: Any
    problems: list[dict[str, Any]]
    live: DeploymentOut | None = Field(description="The deployment in force in the default environment.")
    last: DeploymentOut | None = Field(description="The last deployment there, whatever came of it.")


class FunctionsOut(Schema):
    """Every function."""

    results: list[FunctionOut]


class WorkflowsOut(Schema):
    """Every workflow."""

    results: list[WorkflowOut]
