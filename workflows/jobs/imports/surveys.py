"""Lists the functions and state machines of an account that this installation has not made. Only reads."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from workflows.aws import lambda_, stepfunctions
from workflows.aws.clients import Target
from workflows.owners import owner_of
from workflows.policies import OWNER_TAG

MOST = 200  # of each kind: every one takes a read or two more, and AWS lets tags of machines be read once a second

Tick = Callable[[], None]


def survey(target: Target, install: str, tick: Tick) -> tuple[list[dict[str, Any]], bool]:
    """What is not ours, as stored; and whether there is more than is read. `tick` is called before each read."""
    functions = list(islice(lambda_.list_functions(target), MOST + 1))
    machines = list(islice(stepfunctions.list_machines(target), MOST + 1))
    found = [
        *_functions(target, functions[:MOST], install, tick),
        *_machines(target, machines[:MOST], install, tick),
    ]
    return found, max(len(functions), len(machines)) > MOST


def _functions(target: Target, listed: list[str], install: str, tick: Tick) -> Iterator[dict[str, Any]]:
    for name in listed:
        tick()
        one = lambda_.get_function(target, name)
        if one is not None and one.tags.get(OWNER_TAG) != install:
            yield _entry("function", name, one.arn, one.tags, one.configuration.runtime or "container image")


def _machines(target: Target, listed: list[str], install: str, tick: Tick) -> Iterator[dict[str, Any]]:
    for arn in listed:
        tick()
        one = stepfunctions.describe_machine(target, arn)
        if one is not None and one.tags.get(OWNER_TAG) != install:
            yield _entry("workflow", arn.rsplit(":", 1)[1], one.arn, one.tags, one.type)


def _entry(kind: str, name: str, arn: str, tags: dict[str, str], what: str) -> dict[str, Any]:
    owner = owner_of(tags)
    if not owner and OWNER_TAG in tags:
        owner = "another Signalbox"
    return {"kind": kind, "name": name, "arn": arn, "what": what, "owner": owner}
