"""READS: the place an environment stands for, with the names of what was adopted there."""

from collections.abc import Iterable

from workflows.models import Deployment, Environment, Function, Import
from workflows.policies import Place
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
    """What a worker's role has to be allowed there beside what begins with the environment's prefix."""
    rows = Import.objects.filter(environment=environment, status="succeeded").order_by("pk")
    others = [row for row in rows if not row.arn.rpartition(":")[2].startswith(environment.name_prefix)]
    functions = [row for row in others if row.kind == Import.Kind.FUNCTION]
    adopted = [row for row in others if row.adopts]
    groups = [row.log_group or f"/aws/lambda/{row.arn.rpartition(':')[2]}" for row in functions]
    logs = f"arn:aws:logs:{environment.region}:{environment.account_id}:log-group"
    roles = Deployment.objects.filter(environment=environment, is_found=True, function__imports__adopts=True)
    return Imported(
        found=_each(row.arn for row in functions if not row.adopts),
        logs=_each(f"{logs}:{group}:*" for group in groups),
        functions=_each(row.arn for row in adopted if row.kind == Import.Kind.FUNCTION),
        machines=_each(row.arn for row in adopted if row.kind == Import.Kind.WORKFLOW),
        roles=_each(roles.exclude(role_arn="").order_by("pk").values_list("role_arn", flat=True)),
    )


def _each(arns: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(arns))
