"""What REST takes and gives of imports and exports, as its description shows it."""

from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema

from workflows.api.schemas import LONGEST_NAME, LONGEST_NOTE, Asked, Page, PlanStepOut


class FoundOut(Schema):
    """Something in AWS that was not made here."""

    kind: Literal["function", "workflow"]
    name: str = Field(description="In AWS.")
    arn: str
    what: str = Field(description="Runtime of a function, type of a state machine.")
    managed_by: str | None = Field(description="The tool whose tags it has; such a thing is read-only here.")


class SurveyOut(Schema):
    """What is in an account and not ours, as last listed."""

    environment: str
    read_at: datetime | None
    is_pending: bool = Field(description="A worker is asked to look.")
    is_partial: bool = Field(description="There is more: the first 200 of each kind are read.")
    problem: str | None
    results: list[FoundOut]


class ImportIn(Asked):
    """One of what was found, to be made a definition."""

    arn: str = Field(max_length=300)
    name: str = Field(max_length=40, description="What it is to be called here.")
    note: str = Field("", max_length=LONGEST_NOTE, pattern=r"^[^\x00]*$")
    adopt: bool = Field(False, description="Mark it as ours in AWS, so that deployments from here may change it.")
    environment: str | None = Field(None, max_length=LONGEST_NAME, description="Absent: `default`.")


class ImportOut(Schema):
    """An import."""

    id: int
    environment: str
    kind: Literal["function", "workflow"]
    arn: str
    name: str
    adopted: bool
    managed_by: str | None
    status: Literal["requested", "succeeded", "failed"]
    problem: str | None
    not_taken_over: list[str] = Field(description="What calls it in AWS and became no trigger here, a sentence each.")
    requested_at: datetime
    finished_at: datetime | None


class ImportsOut(Page):
    """Imports, newest first."""

    results: list[ImportOut]


class TakenOut(Schema):
    """A revision that holds what a file carried."""

    kind: Literal["function", "workflow"]
    name: str
    revision: int
    is_new: bool = Field(description="Whether it was made for it.")


class NamesIn(Asked):
    """Names in a file, and what is to be called so here."""

    functions: dict[str, str] = Field({}, max_length=200, description="Old name to new name.")
    workflows: dict[str, str] = Field({}, max_length=200, description="Old name to new name.")


class TakeIn(Asked):
    """Taking what a file carries."""

    seen: str | None = Field(None, max_length=64, description="Of the plan that was looked at; absent: it was not.")


class TemplateImportOut(Schema):
    """A file with functions and workflows, and what taking it would do or has done."""

    id: int
    file_name: str
    plan: list[PlanStepOut] = Field(description="One line for each; empty once it was taken, or after a day.")
    seen: str = Field(description="Stands for the plan; give it back with `take`.")
    left_out: list[str] = Field(description="What else is in it, a sentence each.")
    names: dict[str, dict[str, str]]
    note: str
    taken: list[TakenOut]
    taken_at: datetime | None
    created_at: datetime
    created_by: str | None


class BriefTemplateImportOut(Schema):
    """A file that was given, and what was taken of it."""

    id: int
    file_name: str
    note: str
    taken: list[TakenOut]
    taken_at: datetime | None
    created_at: datetime
    created_by: str | None


class TemplateImportsOut(Page):
    """Files that were given, newest first."""

    results: list[BriefTemplateImportOut]


class ExportOut(Schema):
    """Functions and workflows in the words of function.toml and workflow.toml."""

    signalbox: Literal[1]
    functions: list[dict[str, Any]] = Field(description="`package` is the zip in Base64.")
    workflows: list[dict[str, Any]] = Field(description="`definition` and `input_schema` are texts.")
