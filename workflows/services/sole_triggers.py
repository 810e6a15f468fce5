"""Keeps two functions from one route, rule or notification, which leads to one only, and one trigger from two sources.

Changes nothing.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

from django.db.models import Max, OuterRef, Subquery

from workflows import triggers
from workflows.models import Environment, Function, FunctionRevision, Trigger
from workflows.packaging import DefinitionProblem
from workflows.places import place_of
from workflows.policies import Place
from workflows.triggers import TriggerDefinition

MOVE = "Deploy without this trigger first, then with it."


def check_free(function: str, wanted: Iterable[TriggerDefinition]) -> None:
    """Refuse what the newest revision of another function has, and two that would be one. Raises DefinitionProblem."""
    sole: dict[tuple[str, ...], TriggerDefinition] = {}
    wanted = tuple(wanted)
    for first, second in combinations(wanted, 2):
        if first.overlaps(second):
            raise DefinitionProblem("triggers", f"{first.title} and {second.title} overlap, which AWS does not take")
    for one in wanted:
        if (mine := one.sole(function)) and (same := sole.setdefault(mine, one)) is not one:
            raise DefinitionProblem("triggers", f"{same.title} and {one.title} would be one in AWS")
    if not sole:
        return
    numbers = FunctionRevision.objects.filter(function=OuterRef("function")).order_by().values("function")
    newest = FunctionRevision.objects.filter(number=Subquery(numbers.annotate(newest=Max("number")).values("newest")))
    others = newest.exclude(function__name=function).filter(function__deleted_at=None)
    for revision in others.select_related("function").defer("package"):
        other = revision.function.name
        for one in triggers.read_all(revision.triggers):
            if taken := sole.get(one.sole(other)):
                raise DefinitionProblem("triggers", _words(taken, other))
            if clash := next((each for each in wanted if each.overlaps(one)), None):
                raise DefinitionProblem("triggers", _overlapping(clash, one, other))


def taken(trigger: TriggerDefinition, function: str, environment: Environment) -> str:
    """Why this cannot lead to `function` in `environment`: it leads to another there. Empty where it does not."""
    sole = trigger.sole(function)
    rows = Trigger.objects.filter(environment=environment).exclude(function__name=function).select_related("function")
    for row in rows if sole else ():
        there = _in_the_words_of(trigger, triggers.read(row.definition), place_of(environment))
        if there.sole(row.function.name) == sole:
            return _words(trigger, row.function.name)
        if trigger.overlaps(there):
            return _overlapping(trigger, there, row.function.name)
    return ""


def _in_the_words_of(trigger: TriggerDefinition, there: TriggerDefinition, place: Place) -> TriggerDefinition:
    """`there`, named as `trigger` is where both are for one source in AWS: one made here, one by its whole name."""
    if trigger.type != there.type or trigger.type not in ("s3", "sqs"):
        return there
    if triggers.source_arn(trigger, place) != triggers.source_arn(there, place):
        return there
    names = {name: trigger.settings.get(name) for name in ("bucket", "queue", "create")}
    settings = {**there.settings, **{name: value for name, value in names.items() if value is not None}}
    return replace(there, settings=settings)


def moved(trigger: TriggerDefinition, function: Function, environment: Environment) -> str:
    """Why this cannot be set up in `environment`: under its key something else is there. Empty where it is not."""
    row = Trigger.objects.filter(environment=environment, function=function, key=trigger.key).first()
    if row is None or trigger.type == "http":
        return ""
    place = place_of(environment)
    before, after = (triggers.source_arn(one, place) for one in (triggers.read(row.definition), trigger))
    return "" if before == after else f"{trigger.title} is {before} there, and would be {after}"


def _overlapping(trigger: TriggerDefinition, there: TriggerDefinition, other: str) -> str:
    return f"the {trigger.title} overlaps with {there.words} of {other}, which AWS does not take: narrow its filter"


def _words(trigger: TriggerDefinition, other: str) -> str:
    if trigger.type == "http":
        return f"{trigger.words} is a route of {other} already"
    if trigger.type == "sqs":
        return f"{trigger.title} is read by {other} already, and each message goes to one reader: give it another queue"
    return (
        f"the {triggers.TITLES[trigger.type]} {trigger.words} leads to {other} already: give it another name or filter"
    )
