"""PURE: the functions and state machines of an AWS SAM template as definitions, or why they cannot be.

What a definition has no words for is refused rather than lost; what is made here anyway (roles, log groups, versions)
is left out and told. Resources that are neither functions nor state machines are told too.
"""

from collections.abc import Mapping
from typing import Any

from workflows import packaging
from workflows.exchange import sam
from workflows.exchange.carried import Bundle, Carried, NotTaken
from workflows.exchange.documents import check_names, package_of
from workflows.exchange.events import API, origins_of, read_event
from workflows.exchange.resolving import CannotTake, Resolver, named_in, strict
from workflows.packaging import DefinitionProblem, FunctionDefinition, Package, WorkflowDefinition, zip_of

FUNCTION_IGNORED = {
    "FunctionName": "",
    "Description": "its description",
    "AutoPublishAlias": "the alias (deployments from here make one)",
    "AutoPublishAliasAllProperties": "when a version is published (each deployment does it)",
    "PackageType": "",
    "Tracing": "tracing",
    "LoggingConfig": "its log's settings",
    "PermissionsBoundary": "the permissions boundary (the environment's is used)",
    "VersionDescription": "the description of the version",
}
MACHINE_IGNORED = {
    "Name": "",
    "Policies": "its policies (made from its definition here)",
    "Role": "its role (made from its definition here)",
    "Logging": "logging",
    "Tracing": "tracing",
    "Tags": "its tags",
    "AutoPublishAlias": "the alias (deployments from here make one)",
    "PermissionsBoundary": "the permissions boundary (the environment's is used)",
}
BASIC = ("AWSLambdaBasicExecutionRole",)
INLINE = {"python": "index.py", "nodejs": "index.js", "ruby": "index.rb"}


def read_template(template: Mapping[str, Any], files: Mapping[str, bytes]) -> Bundle:
    """What a template and the files beside it describe. Raises NotTaken with all that stands against it."""
    return _Reader(template, files).read()


class _Reader:
    def __init__(self, template: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        self._resources = template["Resources"]
        if not isinstance(self._resources, Mapping):
            raise NotTaken("`Resources` is an object.")
        self._globals = _mapping(_mapping(template.get("Globals")).get("Function"))
        self._files = {name.removeprefix("./"): content for name, content in files.items()}
        self._own = _mapping(_mapping(template.get("Metadata")).get(sam.OWN))
        names = {id_: str(name) for id_, name in _mapping(self._own.get("Names")).items()}
        names |= {id_: self._name(id_) for id_ in self._of(sam.FUNCTION)}
        self._resolver = Resolver(names, _mapping(template.get("Parameters")), self._resources)
        self._left_out: list[str] = []

    def read(self) -> Bundle:
        functions, workflows, problems = [], [], []
        for id_ in (*self._of(sam.FUNCTION), *self._of(sam.MACHINE)):
            is_function = id_ in self._of(sam.FUNCTION)
            try:
                if is_function:
                    functions.append((id_, self._function(id_)))
                else:
                    workflows.append(self._workflow(id_))
            except (CannotTake, DefinitionProblem) as problem:
                said = problem.message if isinstance(problem, DefinitionProblem) and problem.file == id_ else problem
                problems.append(f"{'Function' if is_function else 'State machine'} {id_}: {said}.")
            except (AttributeError, IndexError, KeyError, TypeError, ValueError):
                problems.append(f"{id_}: something in it is not of the shape that AWS SAM describes.")
        if problems:
            raise NotTaken(*problems)
        if not functions and not workflows:
            raise NotTaken(f"There is neither {sam.FUNCTION} nor {sam.MACHINE} in it.")
        check_names([one.definition.name for _, one in functions], "function")
        check_names([one.name for one in workflows], "workflow")
        known = {*self._of(sam.FUNCTION), *self._of(sam.MACHINE), *self._sources()}
        self._left_out += [
            f"{id_} ({_mapping(one).get('Type')}) is not taken: functions and state machines are."
            for id_, one in self._resources.items()
            if id_ not in known
        ]
        return Bundle(tuple(one for _, one in functions), tuple(workflows), tuple(self._left_out))

    # ---- functions

    def _function(self, id_: str) -> Carried:
        given = self._properties(id_, self._globals)
        self._leave_out(id_, given, FUNCTION_IGNORED)
        values: dict[str, Any] = {"name": self._name(id_)}
        known = set(FUNCTION_IGNORED)
        for name, (key, read) in self._readers().items():
            known.add(name)
            if name in given and (value := read(given[name])) is not None:
                values[key] = value
        strict(given, {*known, "CodeUri", "InlineCode", "Events"}, "property")
        values["triggers"] = self._triggers(id_, values["name"], _mapping(given.get("Events")))
        definition = packaging.function_from(f"{id_}", values)
        return Carried(self._own_triggers(id_, definition, given), self._package(id_, given, definition))

    def _readers(self) -> dict[str, Any]:
        text = self._resolver.text
        return {
            "Runtime": ("runtime", text),
            "Handler": ("handler", text),
            "MemorySize": ("memory", self._resolver.number),
            "Timeout": ("timeout", self._resolver.number),
            "Architectures": ("architecture", lambda given: text(given[0]) if given else None),
            "EphemeralStorage": ("storage", lambda given: self._resolver.number(given["Size"])),
            "Layers": ("layers", lambda given: [text(one) for one in given]),
            "ReservedConcurrentExecutions": ("concurrency", self._resolver.number),
            "Role": ("role", text),
            "Tags": ("tags", self._resolver.texts),
            "Environment": ("environment", lambda given: self._resolver.texts(given.get("Variables", {}))),
            "DeadLetterQueue": ("dead_letter", lambda given: text(given["TargetArn"])),
            "EventInvokeConfig": ("on_failure", self._on_failure),
            "Policies": ("permissions", self._permissions),
        }

    def _on_failure(self, given: Mapping[str, Any]) -> str:
        strict(given, {"DestinationConfig"}, "part of EventInvokeConfig")
        strict(given["DestinationConfig"], {"OnFailure"}, "part of DestinationConfig")
        return self._resolver.text(given["DestinationConfig"]["OnFailure"]["Destination"])

    def _permissions(self, given: Any) -> list[dict[str, Any]]:
        listed = given if isinstance(given, list) else [given]
        return [permission for one in listed for permission in self._policy(one)]

    def _policy(self, given: Any) -> list[dict[str, Any]]:
        if isinstance(given, str):
            if given.rpartition("/")[2] in BASIC:
                return []
            raise CannotTake(f"the policy {given} is made elsewhere: write out what it allows")
        if set(_mapping(given)) == {"LambdaInvokePolicy"}:
            name = self._resolver.text(given["LambdaInvokePolicy"]["FunctionName"])
            return [{"actions": ["lambda:InvokeFunction"], "resources": [name]}]
        if "Statement" not in _mapping(given):
            raise CannotTake(f"the policy template {next(iter(_mapping(given)), '')} is not known here: write it out")
        statements = given["Statement"]
        return [self._statement(one) for one in (statements if isinstance(statements, list) else [statements])]

    def _statement(self, given: Mapping[str, Any]) -> dict[str, Any]:
        strict(given, {"Sid", "Effect", "Action", "Resource"}, "part of a policy's statement")
        if given.get("Effect") != "Allow":
            raise CannotTake("a statement of its policy does not say Allow; only what is allowed can be declared")
        resources = [self._resolver.resource(one) for one in _listed(given.get("Resource", []))]
        return {"actions": _listed(given.get("Action", [])), "resources": list(dict.fromkeys(resources))}

    def _triggers(self, id_: str, function: str, events: Mapping[str, Any]) -> list[dict[str, Any]]:
        own = self._own_of(id_).get("Triggers")
        if isinstance(own, list) and len(own) == len(events):
            return []  # they are looked at when the definition is there to be written out again
        return [read_event(name, _mapping(one), self._resolver, function) for name, one in events.items()]

    def _own_triggers(self, id_: str, definition: FunctionDefinition, given: Mapping[str, Any]) -> FunctionDefinition:
        """What Metadata says of the triggers, where the template says the same; else what the template says."""
        own = self._own_of(id_).get("Triggers")
        events = _mapping(given.get("Events"))
        if not isinstance(own, list) or len(own) != len(events):
            return definition
        known = packaging.replace_triggers(id_, definition, own)
        written = sam.template([known])["Resources"]
        sources = (one for one in sam.source_ids(known) if one in written)
        is_same = all(_is_said(written[one], self._resources.get(one)) for one in sources)
        if is_same and _events(written) == list(events.values()):
            return known
        read = [read_event(name, _mapping(one), self._resolver, definition.name) for name, one in events.items()]
        return packaging.replace_triggers(id_, definition, read)

    def _package(self, id_: str, given: Mapping[str, Any], definition: FunctionDefinition) -> Package | None:
        if "InlineCode" in given:
            kind = next((name for name in INLINE if definition.runtime.startswith(name)), None)
            if kind is None:
                raise CannotTake(f"code in the template itself is not for {definition.runtime}")
            return zip_of([(INLINE[kind], self._resolver.text(given["InlineCode"]).encode(), False)])
        uri = given.get("CodeUri")
        if not isinstance(uri, str) or uri.startswith(("s3://", "https://")):
            return None
        path = uri.removeprefix("./").rstrip("/")
        if path in self._files:
            return package_of(self._files[path])
        inside = {
            name.removeprefix(f"{path}/"): content
            for name, content in self._files.items()
            if path in ("", ".") or name.startswith(f"{path}/")
        }
        return (
            package_of(zip_of((name, content, False) for name, content in inside.items()).content) if inside else None
        )

    # ---- state machines

    def _workflow(self, id_: str) -> WorkflowDefinition:
        given, own = self._properties(id_, {}), self._own_of(id_)
        invokes = all(set(_mapping(one)) == {"LambdaInvokePolicy"} for one in _listed(given.get("Policies", [])))
        role = {"role": given["Role"]} if isinstance(given.get("Role"), str) else {}
        said_otherwise = {"Policies": ""} if invokes else {}
        self._leave_out(id_, given, MACHINE_IGNORED | said_otherwise | ({"Role": ""} if role else {}))
        known = {"Definition", "DefinitionUri", "DefinitionSubstitutions", "Type"}
        strict(given, {*known, *MACHINE_IGNORED}, "property")
        beside = {
            "title": own.get("Title", own.get("Name", id_)),
            "type": self._resolver.text(given.get("Type", "STANDARD")),
            "keys": own.get("Keys", {}),
            "unique_references": own.get("UniqueReferences", False),
            **role,
        }
        schema = self._file(own["InputSchema"]) if "InputSchema" in own else ""
        text = self._resolver.put(self._definition(given), _mapping(given.get("DefinitionSubstitutions")))
        return packaging.workflow_from(id_, self._name(id_), beside, text, schema)

    def _definition(self, given: Mapping[str, Any]) -> str:
        if "Definition" in given:
            return self._resolver.document(given["Definition"])
        return self._file(given.get("DefinitionUri"))

    def _file(self, uri: Any) -> str:
        if not isinstance(uri, str):
            raise CannotTake("it has no definition, or one in S3: put it beside the template, into one zip")
        content = self._files.get(uri.removeprefix("./"))
        if content is None:
            raise CannotTake(f"{uri} did not come with the template: put both into one zip")
        if uri.endswith((".yaml", ".yml")):
            raise CannotTake(f"{uri} is YAML, which is not read here: turn it into JSON")
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise CannotTake(f"{uri} is not UTF-8") from error

    # ---- both

    def _of(self, kind: str) -> list[str]:
        return [id_ for id_, one in self._resources.items() if _mapping(one).get("Type") == kind]

    def _sources(self) -> set[str]:
        """What triggers are made of: what events name, and the dead-letter queue of a queue that they name."""
        named = {one for id_ in self._of(sam.FUNCTION) for one in named_in(self._properties(id_, {}).get("Events"))}
        named &= self._resources.keys()
        return named | {one for id_ in named for one in named_in(self._resources[id_])}

    def _properties(self, id_: str, usual: Mapping[str, Any]) -> dict[str, Any]:
        return _merged(usual, _mapping(self._resources[id_].get("Properties")))

    def _own_of(self, id_: str) -> Mapping[str, Any]:
        return _mapping(_mapping(self._resources[id_].get("Metadata")).get(sam.OWN))

    def _name(self, id_: str) -> str:
        given = _mapping(self._resources[id_].get("Properties"))
        said = self._own_of(id_).get("Name") or given.get("FunctionName") or given.get("Name")
        return said if isinstance(said, str) else id_[:40]

    def _leave_out(self, id_: str, given: Mapping[str, Any], ignored: Mapping[str, str]) -> None:
        said = [words for name, words in ignored.items() if name in given and words]
        if said:
            self._left_out.append(f"Of {id_} is not taken: {', '.join(said)}.")


def _is_said(wanted: Mapping[str, Any], given: Any) -> bool:
    """Whether a source is as a function's triggers want it; sites of other functions may call a shared API too."""
    if wanted == given:
        return True
    is_api = wanted["Type"] == API and _mapping(given).get("Type") == API
    return is_api and set(origins_of(wanted["Properties"]) or ()) <= set(
        origins_of(given.get("Properties") or {}) or ()
    )


def _events(written: Mapping[str, Any]) -> list[Any]:
    function = next(one for one in written.values() if one["Type"] == sam.FUNCTION)
    return list(function["Properties"].get("Events", {}).values())


def _merged(usual: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """As SAM merges Globals: objects into one, lists one after the other, else what is the function's own."""
    merged = dict(usual)
    for name, value in own.items():
        was = merged.get(name)
        if isinstance(was, Mapping) and isinstance(value, Mapping):
            merged[name] = _merged(was, value)
        elif isinstance(was, list) and isinstance(value, list):
            merged[name] = [*was, *value]
        else:
            merged[name] = value
    return merged


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
