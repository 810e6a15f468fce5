"""READS: one picture of what calls each function and what it may call; and the circles in which a call calls itself.

Drawn as state machines are: sources, functions, workflows and resources are its nodes.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.safestring import SafeString

from workflows import causes, circles, connections, drawing, layout, policies, triggers
from workflows.asl.graph import Edge, Graph, Node, Note
from workflows.asl.words import wrap
from workflows.circles import Circle
from workflows.connections import Connection
from workflows.models import Environment, FunctionRevision
from workflows.models.drift import DELETED
from workflows.places import place_of
from workflows.policies import Place
from workflows.statuses import TRIGGER
from workflows.wiring import Maybe, Spot, Wire

Called = Mapping[str, Sequence[Connection]]
HOW = {"sns": "topic", "eventbridge": "rule", "stepfunctions": "a task of it", "lambda": "invokes"}
SOURCES = ("s3", "sqs", "sns", "dynamodb")  # what there is in AWS whether a function is called by it or not
SAID = 26  # characters of a line of what is said of a wire
LINE = 26  # characters of a name
NOTES = {"gone": DELETED, "roleless": "its role is deleted"}
NO_FUNCTION = "no function here has this name"
ICONS = {"Function": "Task", "Workflow": "Choice", "Resource": "Map"}  # a source has the arrow


@dataclass(frozen=True, slots=True)
class ConnectionMap:
    """Every wire, the circles among them, and the picture (nothing where it could not be drawn in time).

    `uncalled` are the functions that nothing calls; those that call something themselves are on the picture too.
    """

    wires: tuple[Wire, ...]
    loops: tuple[Circle, ...]
    uncalled: tuple[Spot, ...] = ()

    @property
    def picture(self) -> SafeString:
        """The map as SVG."""
        graph = _graph(self.wires)
        laid = layout.lay_out(graph)
        hrefs = {spot.label: spot.href for spot in _spots(self.wires)}
        title = f"Map of {len(hrefs)} functions, workflows, sources and resources"
        return drawing.draw(graph, laid, link=lambda label: hrefs[label], title=title) if laid else SafeString("")

    def calls_of(self, function: str) -> list[Wire]:
        """What a function may call: other functions, and resources that its permissions name."""
        own = _function(function)
        return [wire for wire in self.wires if wire.source == own]

    def loops_of(self, function: str) -> list[Circle]:
        """Those that a function is part of."""
        own = _function(function)
        return [loop for loop in self.loops if own in loop.spots]


def of(
    environment: Environment | None, called: Called | None = None, instead: FunctionRevision | None = None
) -> ConnectionMap:
    """The map of an environment: from the newest definitions, and from what is live there.

    `called` is what calls each function there, where that was read already; `instead` is taken for the newest revision
    of its function.
    """
    if environment is None:
        return ConnectionMap((), ())
    called = connections.by_function(environment, instead) if called is None else called
    functions = connections.functions_with(environment, instead)
    troubled = dict.fromkeys(called, NO_FUNCTION) | {entry.thing.name: "" for entry in functions}
    troubled |= {name: NOTES[status.value] for name, status in connections.troubled_of(functions).items()}
    wires = tuple(_marked(wire, troubled) for wire in _wires(environment, called, functions))
    targets = {wire.target for wire in wires}
    every = (_noted(_function(entry.thing.name), troubled) for entry in functions)
    loops = circles.find(wires, _maybes(place_of(environment), called, functions, wires))
    return ConnectionMap(wires, tuple(loops), tuple(one for one in every if one not in targets))


# ---- wires


def _marked(wire: Wire, troubled: Mapping[str, str]) -> Wire:
    """A wire whose ends tell whether they, or their roles, were deleted in AWS, or were never here."""
    source, target = (_noted(spot, troubled) for spot in (wire.source, wire.target))
    return replace(wire, source=source, target=target, is_live=wire.is_live and not (source.trouble or target.trouble))


def _noted(spot: Spot, troubled: Mapping[str, str]) -> Spot:
    trouble = troubled.get(spot.name, "") if spot.kind == "Function" else ""
    return replace(spot, trouble=trouble, href="" if trouble == NO_FUNCTION else spot.href)


def _wires(environment: Environment, called: Called, functions: connections.Functions) -> Iterator[Wire]:
    place = place_of(environment)
    sources: dict[str, Spot] = {}
    types: dict[Spot, str] = {}
    for name, found in called.items():
        for one in found:
            spot = _source(one, place, name)
            sources.setdefault(spot.arn or spot.label, spot)
            types[spot] = one.type
            yield Wire(spot, _function(name), one.status, how(one), is_live=one.is_in_force)
    for entry in functions:
        live = entry.live.function_revision if entry.live else None
        now = _resources(live) if live else {}
        for arn, actions in _resources(entry.newest).items():
            is_live = set(actions) <= set(now.get(arn, ()))
            status = connections.seen(TRIGGER["live" if is_live else "defined"], connections.trouble(entry))
            bare = arn.removesuffix("/*").removesuffix("/stream")
            spot = sources.get(bare) or Spot("Resource", bare.removeprefix("arn:aws:"), bare)
            yield Wire(
                _function(entry.thing.name),
                spot,
                status,
                ", ".join(actions),
                is_live=status.value == "live",
                is_wide=bool(policies.wide([{"actions": actions, "resources": [arn]}])),
                sets_off=bool(causes.causing(types.get(spot, ""), actions)),
            )


def how(one: Connection) -> str:
    """By what it calls, in few words."""
    given = one.settings
    match one.type:
        case "http":
            return f"HTTP {given['method']} {given['path']}"
        case "sqs":
            return f"queue, {given['batch_size']} at a time"
        case "dynamodb":
            return f"stream, {given['batch_size']} at a time"
        case "schedule":
            return str(given["expression"])
        case "s3":
            begin, end = given.get("prefix", ""), given.get("suffix", "")
            events = ", ".join(event.removeprefix("s3:").removesuffix(":*") for event in given["events"])
            return f"{begin}*{end} {events}" if begin or end else events
        case _:
            return HOW[one.type]


def _function(name: str) -> Spot:
    return Spot("Function", name, href=reverse("workflows:function", args=[name]))


def _source(one: Connection, place: Place, function: str) -> Spot:
    if one.type == "lambda":
        return _function(one.source)
    if one.type == "stepfunctions":
        return Spot("Workflow", one.source, href=one.href)
    definition = triggers.read({"type": one.type, **one.settings})
    # Functions may name one source differently: one made here, or by its whole name. It is one thing in AWS.
    name = triggers.source_name(definition, place) if one.type in SOURCES else one.source
    arn = triggers.source_arn(definition, place)
    # A function's own API has no name of its own, and only AWS knows its ARN.
    own = function if one.type == "http" and not one.settings.get("api") else ""
    # What there is to see of a source is told where it is a trigger.
    href = f"{reverse('workflows:function', args=[function])}#triggers"
    return Spot(one.title, name, arn, href, within=own or one.settings.get("bus", ""))


def _resources(revision: FunctionRevision) -> Mapping[str, list[str]]:
    """What a revision may call beside functions, and what gets what it could not handle: ARN to actions."""
    found: dict[str, list[str]] = defaultdict(list)
    for permission in revision.permissions:
        for resource in permission["resources"]:
            if not policies.names_in(resource):
                found[resource] += permission["actions"]
    for arn in filter(None, (revision.dead_letter_arn, revision.on_failure_arn)):
        found[arn].append(policies.HANDS_ON[arn.split(":")[2]])
    return {arn: list(dict.fromkeys(actions)) for arn, actions in found.items()}


# ---- what no wire shows


@dataclass(frozen=True, slots=True)
class _Aim:
    """What may be set off by a call to anything that fits one of `patterns`."""

    kind: str
    patterns: tuple[str, ...]
    spot: Spot


def _maybes(place: Place, called: Called, functions: connections.Functions, wires: Iterable[Wire]) -> Iterator[Maybe]:
    """What functions may set off by permissions that name it by a pattern, by its bus or by a part of a bucket."""
    aims = [*_of_triggers(place, called), *_of_functions(place, functions), *_of_machines(place, wires)]
    for entry in functions:
        for actions, resources in _declared(entry.newest):
            for aim in aims:
                by = causes.causing(aim.kind, actions)
                on = (
                    [one for one in resources if any(causes.meet(one, pattern) for pattern in aim.patterns)]
                    if by
                    else []
                )
                if on:
                    why = f"{entry.thing.name} may {', '.join(by)} on {', '.join(on)}."
                    yield Maybe(_function(entry.thing.name), aim.spot, why)


def _declared(revision: FunctionRevision) -> Iterator[tuple[list[str], list[str]]]:
    """Actions and resources of a revision's permissions, and of what gets what it could not handle."""
    for permission in revision.permissions:
        if plain := [one for one in permission["resources"] if not policies.names_in(one)]:
            yield list(permission["actions"]), plain
    for arn in (revision.dead_letter_arn, revision.on_failure_arn):
        if arn:
            yield [policies.HANDS_ON[arn.split(":")[2]]], [arn]


def _of_triggers(place: Place, called: Called) -> Iterator[_Aim]:
    for name, found in called.items():
        for one in found:
            if one.type in ("lambda", "stepfunctions", "http", "schedule"):
                continue
            definition, spot = triggers.read({"type": one.type, **one.settings}), _source(one, place, name)
            if one.type != "eventbridge":
                yield _Aim(one.type, (triggers.written_arn(definition, place),), spot)
                continue
            if triggers.takes_own_events(definition):
                yield _Aim("eventbridge", (triggers.bus_arn(definition, place),), spot)
            if buckets := triggers.buckets_told_of(definition):
                yield _Aim("s3", tuple(f"arn:aws:s3:::{bucket}/*" for bucket in buckets), spot)


def _of_functions(place: Place, functions: connections.Functions) -> Iterator[_Aim]:
    for entry in functions:
        arn = place.function_arn(entry.thing.name)
        yield _Aim("lambda", (arn, f"{arn}:*"), _function(entry.thing.name))


def _of_machines(place: Place, wires: Iterable[Wire]) -> Iterator[_Aim]:
    for spot in dict.fromkeys(wire.source for wire in wires if wire.source.kind == "Workflow"):
        yield _Aim("stepfunctions", (place.machine_arn(spot.name),), spot)


# ---- the picture


def _spots(wires: Iterable[Wire]) -> list[Spot]:
    return list(dict.fromkeys(spot for wire in wires for spot in (wire.source, wire.target)))


def _graph(wires: tuple[Wire, ...]) -> Graph:
    spots = {spot: f"n{number}" for number, spot in enumerate(_spots(wires))}
    wide = {wire.target for wire in wires if wire.is_wide and wire.target.kind == "Resource"}
    nodes = tuple(_node(spot, id_, is_wide=spot in wide) for spot, id_ in spots.items())
    # What is not live is drawn as a Catch is: it may be taken, and is not the rule.
    edges = tuple(
        Edge(
            "next" if wire.is_live else "catch",
            wire.source.label,
            wire.target.label,
            spots[wire.source],
            spots[wire.target],
            label=", ".join(filter(None, (wire.how, wire.status.label, "wildcards" if wire.is_wide else ""))),
            lines=_said(wire),
        )
        for wire in wires
    )
    return Graph(nodes, edges, (), leads_across=True)


def _said(wire: Wire) -> tuple[str, ...]:
    """On the picture: what a function may do with a resource is for the list, as far as it is long."""
    lines = wrap(wire.how, SAID)
    return lines if len(lines) < 3 else (*lines[:1], "…")


def _node(spot: Spot, id_: str, *, is_wide: bool) -> Node:
    return Node(
        id_,
        spot.label,
        ICONS.get(spot.kind, "Pass"),
        None,
        lines=wrap(spot.name, LINE),
        notes=(Note(spot.kind), *(Note(one) for one in (spot.trouble, "wildcards" if is_wide else "") if one)),
    )
