"""Keeps two functions from declaring one HTTP route of the same API. Changes nothing."""

from collections.abc import Iterable

from django.db.models import Max, OuterRef, Subquery

from workflows import triggers
from workflows.models import FunctionRevision
from workflows.packaging import DefinitionProblem
from workflows.triggers import TriggerDefinition


def check_free(function: str, wanted: Iterable[TriggerDefinition]) -> None:
    """Refuse a route that the newest revision of another function has in the same API. Raises DefinitionProblem."""
    routes = {_route(function, one): one for one in wanted if one.type == "http"}
    if not routes:
        return
    numbers = FunctionRevision.objects.filter(function=OuterRef("function")).order_by().values("function")
    newest = FunctionRevision.objects.filter(number=Subquery(numbers.annotate(newest=Max("number")).values("newest")))
    for revision in newest.exclude(function__name=function).select_related("function").defer("package"):
        for other in triggers.read_all(revision.triggers):
            if other.type == "http" and (taken := routes.get(_route(revision.function.name, other))):
                raise DefinitionProblem("triggers", f"{taken.words} is a route of {revision.function} already")


def _route(function: str, trigger: TriggerDefinition) -> tuple[str, str, str]:
    given = trigger.settings
    return given.get("api") or function, given["method"], given["path"]
