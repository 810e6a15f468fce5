"""READS: the place an environment stands for, with the names of what was adopted there."""

from collections.abc import Iterable, Iterator

from workflows.arns import account_of
from workflows.models import Deployment, Environment, Function, FunctionRevision, Import, WorkflowRevision
from workflows.policies import ROLE_PATH, Place
from workflows.worker_policy import Imported


def place_of(environment: Environment) -> Place:
    """Where things are made in an environment; what was adopted keeps the name it had before it was ours."""
    rows = Import.objects.filter(environment=environment, adopts=True, status="succeeded").order_by("pk")
    found = list(rows.values_list("kind", "name", "arn"))
    return Place(
        environment.account_id,
        environment.region,
        environment.name_prefix,
        **{
            names: {name: arn.rpartition(":")[2] for one, name, arn in found if one == kind}
            for names, kind in (("functions", Import.Kind.FUNCTION), ("machines", Import.Kind.WORKFLOW))
        },
    )


def log_group_of(function: Function, environment: Environment) -> str:
    """Where what is live of a function writes its log: found under another name, or told to write elsewhere, there."""
    live = Deployment.objects.filter(environment=environment, function=function, is_live=True).first()
    if live is None or not live.resource_arn:
        return place_of(environment).log_group(function.name)
    rows = Import.objects.filter(environment=environment, arn=live.resource_arn, status="succeeded")
    known = rows.exclude(log_group="").order_by("-pk").first()
    return known.log_group if known else f"/aws/lambda/{live.name_there}"


def imported_into(environment: Environment) -> Imported:
    """What a worker's role has to be allowed there beside what bears the environment's prefix."""
    rows = Import.objects.filter(environment=environment, status="succeeded").order_by("pk")
    others = [row for row in rows if not row.arn.rpartition(":")[2].startswith(environment.name_prefix)]
    functions = [row for row in others if row.kind == Import.Kind.FUNCTION]
    adopted = [row for row in others if row.adopts]
    groups = [row.log_group or f"/aws/lambda/{row.arn.rpartition(':')[2]}" for row in functions]
    logs = f"arn:aws:logs:{environment.region}:{environment.account_id}:log-group"
    return Imported(
        found=_each(row.arn for row in functions if not row.adopts),
        logs=_each(f"{logs}:{group}:*" for group in groups),
        functions=_each(row.arn for row in adopted if row.kind == Import.Kind.FUNCTION),
        machines=_each(row.arn for row in adopted if row.kind == Import.Kind.WORKFLOW),
        roles=_each(_given_roles(environment)),
    )


def _given_roles(environment: Environment) -> Iterator[str]:
    """The roles of its account that definitions name, whatever their revision: a deployment hands them on."""
    found = Deployment.objects.filter(environment=environment, is_found=True, function__imports__adopts=True)
    yield from found.exclude(role_arn="").order_by("pk").values_list("role_arn", flat=True)
    ours = f"role{ROLE_PATH}{environment.name_prefix}"
    for revisions in (FunctionRevision.objects, WorkflowRevision.objects):
        named = revisions.exclude(custom_role_arn="").order_by("pk").values_list("custom_role_arn", flat=True)
        yield from (arn for arn in named if account_of(arn) == environment.account_id and f":{ours}" not in arn)


def _each(arns: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(arns))
