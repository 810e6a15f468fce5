"""What a deployment would do in AWS, told from what is stored: nothing is asked of AWS here.

What was seen to be otherwise in AWS is told too. Somebody may have changed more by hand since; a deployment itself asks
AWS before each step.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workflows import connection_map, policies, removals, selectors, triggers
from workflows.amendments import RESOURCE_POLICY, amended
from workflows.asl.checker.advice.calling import bare_function
from workflows.asl.model import Task
from workflows.asl.parser import parse
from workflows.changes import Line, Verb, changed_settings, changes
from workflows.models import Deployment, Environment, FunctionRevision, Trigger, WorkflowRevision
from workflows.places import place_of
from workflows.policies import ALIAS, ROLE_PATH, Place
from workflows.services import definitions, imports, sole_triggers
from workflows.triggers import TriggerDefinition

TAKEN_OVER = "What reads it already is led to the alias; no second one is made beside it."
ADOPTED = "It is in AWS already and was adopted: it gets this definition."
OWN_ROLE = "AWS denies them. Give the workflow a role made elsewhere that allows them."
ROLE_REPLACED = "This revision names none, so one made here takes its place. Import it again to keep what it has."
UNKNOWN = "(id of the API)"  # until AWS has made it


def plan(
    revision: FunctionRevision | WorkflowRevision, live: Deployment | None, environment: Environment
) -> tuple[Line, ...]:
    """What deploying `revision` would do, where `live` is what was last brought there."""
    if refusal := _never(revision, environment):
        return (Line("stop", str(revision), (refusal,)),)
    thing = revision.function if isinstance(revision, FunctionRevision) else revision.workflow
    if live and live.is_found and thing.name not in place_of(environment).functions:
        live = None  # what was found stays as it is: another is made beside it
    known = selectors.drift_of(thing, environment) if live else None
    return amended(_planned(revision, live, environment), known.readable if known else ())


def refused(revision: FunctionRevision | WorkflowRevision, environment: Environment) -> str:
    """Why asking for its deployment there would be refused; empty where it would not."""
    if isinstance(revision, FunctionRevision) and (stops := [*_of_runtime(revision, environment)]):
        return " ".join(stops[0].details)
    return _never(revision, environment)


def _never(revision: FunctionRevision | WorkflowRevision, environment: Environment) -> str:
    """The same of what would leave no plan to tell."""
    if isinstance(revision, FunctionRevision) and revision.function.deleted_at:
        return f"{revision.function} was deleted here: restore it first."
    return imports.refusal(revision, environment)


def _planned(
    revision: FunctionRevision | WorkflowRevision, live: Deployment | None, environment: Environment
) -> tuple[Line, ...]:
    place = place_of(environment)
    policy = selectors.planned_policy(revision, environment)
    if isinstance(revision, FunctionRevision):
        role = place.role_name("function", revision.function.name)
        runtime = _of_runtime(revision, environment)
        roles = _of_given(revision) or _of_role(role, policy, _with_role_of_ours(live))
        smoke = tuple(_of_smoke_test(revision, live))
        function = (*_of_function(revision, live, place), *smoke, *_of_triggers(revision, environment))
        function = (
            *function,
            *_of_resource_policy(revision, environment),
            *_to_be_warned_of(revision, environment, policy),
            *_of_functions_invoked(revision, environment),
        )
        return (*runtime, *roles, *function)
    role = place.role_name("workflow", revision.workflow.name)
    named = (*_of_functions_named(policies.names_in(revision.definition), environment), *_of_bare_names(revision))
    roles = _of_given(revision) or _of_role(role, policy, _with_role_of_ours(live))
    return (*named, *roles, *_of_not_allowed(revision, place), *_of_machine(revision, live, place))


# ---- what is planned for each kind


def _of_machine(revision: WorkflowRevision, live: Deployment | None, place: Place) -> Iterator[Line]:
    machine = f"State machine {place.machine_name(revision.workflow.name)}"
    was = live.workflow_revision if live else None
    if was is None:
        is_adopted = revision.workflow.name in place.machines
        yield (
            Line("change", machine, (ADOPTED,))
            if is_adopted
            else Line("create", machine, (revision.get_type_display(),))
        )
        if is_adopted and not revision.custom_role_arn:
            yield Line("warn", "The role it has", (ROLE_REPLACED,))
        yield from _versions(is_new=True, is_first=True)
        return
    if was.type != revision.type:
        yield Line("stop", machine, (f"It is {was.type} in AWS for good. Save this under another name.",))
        return
    details = []
    if policies.put_arns(revision.definition, place) != (live.definition if live else ""):
        details.append("Its definition")
    if was.custom_role_arn != revision.custom_role_arn:
        details.append("The role it runs as")
    yield Line("change" if details else "leave", machine, tuple(details))
    yield from _versions(is_new=bool(details), is_first=False)
    if (was.input_schema, was.keys) != (revision.input_schema, revision.keys):
        yield Line("change", "Input schema and business keys", ("Here, not in AWS.",))


def _of_functions_named(names: list[str], environment: Environment) -> Iterator[Line]:
    rows = Deployment.objects.filter(environment=environment, function__name__in=names)
    live = set(rows.filter(is_live=True, is_found=False).values_list("function__name", flat=True))
    gone = {row.thing.name for row in selectors.find_drifts(environment).filter(is_gone=True, function__name__in=names)}
    coming = set(rows.filter(status__in=["requested", "running"]).values_list("function__name", flat=True))
    for name in names:
        if name in gone and name not in coming:
            yield Line("warn", f"Function {name}", ("It was deleted in AWS: deploy it again, else this fails there.",))
        elif name in live:
            yield Line("leave", f"Function {name}")
        elif name in coming:
            yield Line("wait", f"Function {name}", ("It is being deployed now.",))
        else:
            yield Line("stop", f"Function {name}", ("It is not deployed here. Deploy it first.",))


def _of_functions_invoked(revision: FunctionRevision, environment: Environment) -> Iterator[Line]:
    """What it may call by its permissions. Two may call each other, so none has to be there first."""
    names = [one for one in policies.invoked_by(revision.permissions) if one != revision.function.name]
    for line in _of_functions_named(names, environment):
        if line.verb == "stop":
            yield Line("warn", line.what, ("It is not deployed here: until it is, calls of it fail.",))
        elif line.verb == "warn":
            yield line


def _of_bare_names(revision: WorkflowRevision) -> Iterator[Line]:
    """Functions that a Task names as no deployment replaces it: it fails there."""
    machine = parse(revision.definition).machine
    known = definitions.function_names() if machine and "FunctionName" in revision.definition else {}
    for state in machine.every_state() if machine and known else ():
        if isinstance(state, Task) and (name := bare_function(state, known)):
            told = f'Its FunctionName is no placeholder: write "${{{name}}}", else AWS does not find it.'
            yield Line("warn", f"State {state.name}", (told,))


def _of_not_allowed(revision: WorkflowRevision, place: Place) -> Iterator[Line]:
    """What a role made here has no right for; one made elsewhere may have it."""
    lacks = policies.not_allowed(revision.workflow.name, revision.definition, place)
    if lacks and not revision.custom_role_arn:
        yield Line("warn", "Calls that the role made here does not allow", (*lacks, OWN_ROLE))


def _of_runtime(revision: FunctionRevision, environment: Environment) -> Iterator[Line]:
    can = environment.capabilities
    if refusal := can.runtime(revision.runtime).refusal:
        yield Line("stop", f"Runtime {revision.runtime}", (refusal,))
    if refusal := can.layers(revision.layers, environment.account_id).refusal:
        yield Line("stop", "Layers", (refusal,))


def _of_function(revision: FunctionRevision, live: Deployment | None, place: Place) -> Iterator[Line]:
    function = f"Function {place.function_name(revision.function.name)}"
    was = live.function_revision if live else None
    if was is None:
        yield Line("create", function, (f"{revision.runtime}, {revision.memory_mb} MB, {revision.timeout_s} s",))
        yield from _versions(is_new=True, is_first=True)
        return
    changed = tuple(changes(was, revision))
    yield Line("change" if changed else "leave", function, changed)
    if live and live.is_found:
        yield from _versions(is_new=True, is_first=True)
        return
    versions = _versions(is_new=bool(changed), is_first=False)
    earlier = _published(revision, live)
    if changed and earlier:
        next(versions)
        yield Line("leave", "Published version", (f"Version {earlier} is used again, where AWS still has it.",))
    yield from versions


def _published(revision: FunctionRevision, live: Deployment | None) -> str:
    """The number of the version that an earlier deployment of this revision published there; empty: none did."""
    rows = Deployment.objects.filter(environment=live.environment_id if live else None, function_revision=revision)
    arn = rows.filter(status="succeeded").order_by("-pk").values_list("version_arn", flat=True).first() or ""
    return arn.rpartition(":")[2]


def _of_smoke_test(revision: FunctionRevision, live: Deployment | None) -> Iterator[Line]:
    payload = revision.function.smoke_test
    if payload is None or (live is not None and live.revision.pk == revision.pk):
        return
    if revision.concurrency == 0:
        yield Line("warn", f"No smoke test with “{payload}”", ("A reserved concurrency of 0 lets nothing run.",))
        return
    yield Line("wait", f"Smoke test with “{payload}”", ("The alias moves only if it is answered without an error.",))


def _to_be_warned_of(revision: FunctionRevision, environment: Environment, policy: Mapping[str, Any]) -> Iterator[Line]:
    """What is done as it is asked for, and perhaps not meant so."""
    if revision.problems:
        told = (f"{one['path']}, line {one['line']}: {one['message']}" for one in revision.problems)
        yield Line("warn", "Code that Python may not read, so that each call would fail", tuple(told))
    if loops := connection_map.of(environment, instead=revision).loops_of(revision.function.name):
        yield Line("warn", loops[0].title if len(loops) == 1 else f"{len(loops)} circles", tuple(map(str, loops)))
    if wide := policies.wildcards(policy):
        yield Line("warn", "Wildcards in what it may do", tuple(wide))
    if unknown := policies.unknown_services(revision.permissions):
        yield Line("warn", "Actions of services that are not known", tuple(unknown))


def resource_policy(revision: FunctionRevision, environment: Environment) -> dict[str, Any]:
    """Who else may invoke the alias of a function, as its triggers will have it; no statement: nobody."""
    place = place_of(environment)
    apis = _api_ids(revision, environment)
    wanted = (
        triggers.statement(one, place, revision.function.name, apis.get(one.key, UNKNOWN))
        for one in triggers.read_all(revision.triggers)
    )
    return {"Version": policies.VERSION, "Statement": [one for one in wanted if one]}


def _api_ids(revision: FunctionRevision, environment: Environment) -> dict[str, str]:
    rows = Trigger.objects.filter(environment=environment, function=revision.function)
    return {row.key: str(row.made["api_id"]) for row in rows if row.made.get("api_id")}


def _of_resource_policy(revision: FunctionRevision, environment: Environment) -> Iterator[Line]:
    """What the alias's own policy allows beside the role, from what is set up there now."""
    place = place_of(environment)
    rows = Trigger.objects.filter(environment=environment, function=revision.function)
    now = (
        triggers.statement(
            triggers.read(row.definition), place, revision.function.name, str(row.made.get("api_id") or UNKNOWN)
        )
        for row in rows.filter(status="live")
    )
    before = {_granted(one) for one in now if one}
    after = {_granted(one) for one in resource_policy(revision, environment)["Statement"]}
    if not before and not after:
        return
    details = (
        *(f"Allows {one}" for one in sorted(after - before)),
        *(f"No more {one}" for one in sorted(before - after)),
    )
    verb: Verb = "create" if not before else "remove" if not after else "change" if details else "leave"
    yield Line(verb, RESOURCE_POLICY, details)


def _granted(statement: Mapping[str, Any]) -> str:
    source = statement["Condition"]["ArnLike"]["AWS:SourceArn"]
    return f"{statement['Principal']['Service']} to invoke it as {source}"


def _of_triggers(revision: FunctionRevision, environment: Environment) -> Iterator[Line]:
    rows = {row.key: row for row in Trigger.objects.filter(environment=environment, function=revision.function)}
    found = selectors.of(revision.function, environment).filter(is_live=True, is_found=True).first()
    known = found.function_revision if found else None
    taken_over = {one.key for one in triggers.read_all(known.triggers)} if known else ()
    for wanted in triggers.read_all(revision.triggers):
        row, details = rows.pop(wanted.key, None), tuple(_of_source(wanted))
        if taken := sole_triggers.taken(wanted, revision.function.name, environment):
            yield Line("stop", f"Trigger {wanted.title}", (f"{taken[:1].upper()}{taken[1:]}.",))
            continue
        if moved := sole_triggers.moved(wanted, revision.function, environment):
            yield Line("stop", f"Trigger {wanted.title}", (f"{moved}. {sole_triggers.MOVE}",))
            continue
        if row is None and wanted.key in taken_over:
            yield Line("change", f"Trigger {wanted.title}", (TAKEN_OVER,))
            continue
        is_so = row is not None and row.status == "live" and row.definition == wanted.as_dict()
        verb: Verb = "create" if row is None else "leave" if is_so else "change"
        if row is not None and row.status == "live":
            details = tuple(changed_settings(row.definition, wanted.as_dict()))
        yield Line(verb, f"Trigger {wanted.title}", () if is_so else details)
    for row in rows.values():
        gone = triggers.read(row.definition)
        yield Line("remove", f"Trigger {gone.title}", tuple(removals.of_source(row, gone)))


def _of_source(trigger: TriggerDefinition) -> Iterator[str]:
    """A trigger is not the queue, topic, bucket or table it is for: that one may be there, or not."""
    if trigger.type in ("sqs", "sns", "s3", "dynamodb"):
        source = triggers.TITLES[trigger.type].split()[1].replace("stream", "table")
        made = f"The {source} is made too, where it is missing."
        yield made if trigger.makes_source else f"The {source} is not made: it must be there already."


# ---- what both have


def _with_role_of_ours(live: Deployment | None) -> Deployment | None:
    """What is live, where its role was made here: one is yet to be made in place of one made elsewhere."""
    return live if live and not live.is_found and not live.revision.custom_role_arn else None


def _of_given(revision: FunctionRevision | WorkflowRevision) -> tuple[Line, ...]:
    given = revision.custom_role_arn
    return (Line("leave", f"Role {given}", ("Made elsewhere.",)),) if given else ()


def _of_role(role: str, policy: Mapping[str, Any], live: Deployment | None) -> Iterator[Line]:
    yield Line("leave" if live else "create", f"Role {ROLE_PATH}{role}")
    was = (live.policy if live else None) or {}
    before, after = set(_allowed(was)), set(_allowed(policy))
    details = (
        *(f"Allows {one}" for one in sorted(after - before)),
        *(f"No more {one}" for one in sorted(before - after)),
    )
    if not live:
        yield Line("create", "Its permissions", details)
    elif details:
        yield Line("change", "Its permissions", details)
    else:
        yield Line("leave", "Its permissions")


def _allowed(policy: Mapping[str, Any]) -> Iterator[str]:
    """Every action with every resource, in words."""
    for statement in _listed(policy.get("Statement", [])):
        for action in _listed(statement.get("Action", [])):
            for resource in _listed(statement.get("Resource", [])):
                yield f"{action} on {resource}"


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]


def _versions(*, is_new: bool, is_first: bool) -> Iterator[Line]:
    yield Line("create" if is_new else "leave", "Published version")
    yield Line("create" if is_first else "change" if is_new else "leave", f"Alias {ALIAS}")
