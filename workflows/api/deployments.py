"""The operations on deployments: asked for beside what is deployed, read and rolled back here."""

from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from workflows import plans, policies, selectors
from workflows.api import environments, paging
from workflows.api.callers import Caller, bound_caller
from workflows.api.idempotency import OF_KEY, OptionalKey, once
from workflows.api.paging import PAGE, Cursor, Limit
from workflows.api.problems import OF_BODY, Refused, declared
from workflows.api.raw_json import answer
from workflows.api.schemas import LONGEST_NAME, DeploymentIn, DeploymentOut, DeploymentsOut
from workflows.inputs import FieldProblem
from workflows.models import Deployment, Environment, Function, FunctionRevision, Workflow, WorkflowRevision
from workflows.services import deployments

router = Router(tags=["Deployments"])
VIEW, DEPLOY = "workflows.view_deployment", "workflows.deploy"
LARGEST = 2**63 - 1
OF_ASKING = {202: DeploymentOut, **declared(*OF_BODY, *OF_KEY, 404)}
Name = Annotated[str, Query(max_length=LONGEST_NAME, pattern=r"^[\w-]*$")]


@router.get("", response={200: DeploymentsOut, **declared(422)}, summary="List deployments")
def list_deployments(
    request: HttpRequest,
    workflow: Name = "",
    function: Name = "",
    environment: Name = "",
    status: Literal["", "requested", "running", "succeeded", "failed"] = "",
    cursor: Cursor = "",
    limit: Limit = PAGE,
) -> HttpResponse:
    """Newest first; of one workflow or function, to one environment, in one status, as asked."""
    by = bound_caller(request, VIEW, serves=DEPLOY, own="requested_by")
    _require_known(
        workflow=Workflow.objects.filter(name=workflow) if workflow else None,
        function=Function.objects.filter(name=function) if function else None,
        environment=Environment.objects.filter(slug=environment) if environment else None,
    )
    fits = {
        "workflow__name": workflow,
        "function__name": function,
        "environment__slug": environment,
        "status": status,
    }
    rows = by.within(selectors.deployments()).filter(**{name: value for name, value in fits.items() if value})
    found, following = paging.by_id(rows, cursor, limit)
    return answer({"results": [told(row) for row in found], "next": following})


@router.get("/{int:pk}", response={200: DeploymentOut, **declared(404)}, summary="Read a deployment")
def read_deployment(request: HttpRequest, pk: int) -> HttpResponse:
    """One deployment with its steps, as it is now."""
    return answer(told(_get(bound_caller(request, VIEW, serves=DEPLOY, own="requested_by"), pk)))


@router.post(
    "/{int:pk}/rollback",
    response={202: DeploymentOut, **declared(*OF_KEY, 404)},
    summary="Roll a deployment back",
)
def roll_back(request: HttpRequest, pk: int, key: OptionalKey = None) -> HttpResponse:
    """Ask for what was in force before this to be deployed again; 409 when nothing was, or this is not live."""
    by = bound_caller(request, DEPLOY)
    row = _get(by, pk)
    before = selectors.in_force_before(row)
    if before is None:
        raise Refused(409, "Nothing else was deployed there from here before it.")
    return ask(request, by, before.revision, row.environment, key, instead_of=row)


def ask(
    request: HttpRequest,
    by: Caller,
    revision: FunctionRevision | WorkflowRevision,
    environment: Environment,
    key: str | None,
    share: int | None = None,
    instead_of: Deployment | None = None,
) -> HttpResponse:
    """Ask for a revision to be deployed, once for each key; the same wish still open is given back. Raises Refused.

    With `instead_of` only while that deployment is live.
    """

    def make() -> HttpResponse:
        if instead_of is not None and not instead_of.is_live:
            raise Refused(409, "It is not what is live there, so there is nothing to roll back.")
        try:
            row = deployments.request(revision, environment, by=by.user, share=share)
        except deployments.Overtaken as refused:
            raise Refused(409, str(refused), code="changed_meanwhile") from refused
        except deployments.NotDeployable as refused:
            problems = [FieldProblem(f"/{refused.field}", str(refused))] if refused.field else []
            raise Refused(422, str(refused), *problems) from refused
        found = selectors.deployment(row.pk)
        assert found is not None  # noqa: S101 - just made
        return answer(told(found), 202)

    return once(request, key, make)


def wanted(by: Caller, asked: DeploymentIn) -> tuple[int | None, Environment]:
    """The revision's number, if one is named, and the environment. Raises OutOfBounds, Refused."""
    return asked.revision, environments.named(by, asked.environment, "/environment")


def planned(revision: FunctionRevision | WorkflowRevision, environment: Environment) -> dict[str, Any]:
    """What deploying a revision would do, as the page shows it."""
    thing = revision.function if isinstance(revision, FunctionRevision) else revision.workflow
    live = selectors.of(thing, environment).filter(is_live=True).first()
    lines, policy = plans.plan(revision, live, environment), selectors.planned_policy(revision, environment)
    return {
        "revision": revision.number,
        "environment": environment.slug,
        "live_revision": live.revision.number if live else None,
        "steps": [{"verb": line.verb, "what": line.what, "details": list(line.details)} for line in lines],
        "policy": policy,
        "wildcards": policies.wildcards(policy),
        "resource_policy": plans.resource_policy(revision, environment)
        if isinstance(revision, FunctionRevision)
        else None,
    }


def told_briefly(row: Deployment | None, environment: Environment) -> dict[str, Any] | None:
    """What a list of what is deployed tells of one deployment to `environment`."""
    if row is None:
        return None
    return {
        "id": row.pk,
        "revision": row.revision.number,
        "environment": environment.slug,
        "status": row.status,
        "is_live": row.is_live,
        "is_found": row.is_found,
        "removes": row.removes,
        "share": row.share,
        "requested_at": row.requested_at,
        "finished_at": row.finished_at,
        "resource_arn": row.resource_arn or None,
        "version_arn": row.version_arn or None,
        "error": row.error or None,
        "cause": row.cause or None,
    }


def told(row: Deployment) -> dict[str, Any]:
    """A deployment with its steps."""
    return {
        "id": row.pk,
        "workflow": row.workflow.name if row.workflow else None,
        "function": row.function.name if row.function else None,
        "revision": row.revision.number,
        "environment": row.environment.slug,
        "status": row.status,
        "is_live": row.is_live,
        "is_found": row.is_found,
        "removes": row.removes,
        "share": row.share,
        "requested_by": row.requested_by.get_username() if row.requested_by else None,
        "requested_at": row.requested_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "waiting_since": row.waiting_since,
        "resource_arn": row.resource_arn or None,
        "version_arn": row.version_arn or None,
        "error": row.error or None,
        "cause": row.cause or None,
        "advice": row.advice or None,
        "outcome": row.outcome or None,
        "steps": [
            {
                "name": step.name,
                "status": step.status,
                "detail": step.detail,
                "started_at": step.started_at,
                "finished_at": step.finished_at,
            }
            for step in row.steps.all()
        ],
    }


def _require_known(**named: QuerySet[Any] | None) -> None:
    """Pass if there is what each filter names. Raises Refused."""
    unknown = [name for name, rows in named.items() if rows is not None and not rows.exists()]
    if unknown:
        problems = (FieldProblem(name, f"There is no such {name}.") for name in unknown)
        raise Refused(422, "The filters could not be read.", *problems, code="bad_filter")


def _get(by: Caller, pk: int) -> Deployment:
    found = by.within(selectors.deployments()).filter(pk=pk).first() if pk <= LARGEST else None
    if found is None:
        raise Refused(404, "There is no such deployment.")
    return found
