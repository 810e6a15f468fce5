"""Lambda: functions, their versions and aliases, and invoking them."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workflows.aws import downloads
from workflows.aws.clients import Target, calling, client, pages
from workflows.aws.errors import NotFound


@dataclass(frozen=True, slots=True)
class Configuration:
    """What of a function can be set beside its code: memory and storage in MB, timeout in seconds."""

    runtime: str
    handler: str
    role_arn: str
    memory_mb: int
    timeout_s: int
    environment: dict[str, str]
    layers: tuple[str, ...] = ()
    storage_mb: int = 512
    dead_letter_arn: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """A zip, and what machines it is for."""

    package: bytes
    architecture: str = "x86_64"


@dataclass(frozen=True, slots=True)
class Function:
    """A function (or one of its versions) as it is in AWS. `code_sha256` is base64, as AWS gives it.

    Tags and reserved concurrency belong to the function, not to a version.
    """

    arn: str
    version: str
    code_sha256: str
    architecture: str
    configuration: Configuration
    tags: dict[str, str]
    state: str
    update_status: str
    reason: str
    concurrency: int | None = None
    log_group: str = ""

    @property
    def is_settled(self) -> bool:
        """Ready to be changed or published."""
        return self.state in ("Active", "Inactive") and self.update_status != "InProgress"

    @property
    def has_failed(self) -> bool:
        """Creating or updating it failed, and AWS said why in `reason`."""
        return self.state == "Failed" or self.update_status == "Failed"


@dataclass(frozen=True, slots=True)
class Alias:
    """Leads to one version; `weights` are the parts of the calls, below 1, that go to others."""

    version: str
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Invocation:
    """What came of an invocation: the function's answer, or its error, and the end of its log."""

    status: int
    payload: str
    function_error: str | None
    log_tail: str
    request_id: str
    version: str


def code_sha256(sha256_hex: str) -> str:
    """A package's SHA-256 the way Lambda writes it."""
    return base64.b64encode(bytes.fromhex(sha256_hex)).decode()


def get_function(target: Target, name: str, qualifier: str | None = None) -> Function | None:
    """A function, or the version or alias `qualifier` of it; None when there is none."""
    which = {"FunctionName": name} | ({"Qualifier": qualifier} if qualifier else {})
    try:
        with calling("lambda:GetFunction"):
            found = client(target, "lambda").get_function(**which)
    except NotFound:
        return None
    concurrency = found.get("Concurrency", {}).get("ReservedConcurrentExecutions")
    return _function(found["Configuration"], found.get("Tags", {}), concurrency)


def fetch_code(target: Target, name: str, qualifier: str | None = None) -> bytes:
    """The zip a function (or its version `qualifier`) runs, from where AWS says it can be fetched.

    Raises NotFound where it is no zip (an image), Unknown when it could not be fetched, Invalid when it is too large.
    """
    which = {"FunctionName": name} | ({"Qualifier": qualifier} if qualifier else {})
    functions = client(target, "lambda")
    with calling("lambda:GetFunction"):
        address = functions.get_function(**which)["Code"].get("Location", "")
    if not address:
        raise NotFound("NoZip", f"{name} has no zip that could be fetched: it runs an image.", "lambda:GetFunction")
    return downloads.fetch(target, functions, address)


def create_function(
    target: Target, *, name: str, code: Code, configuration: Configuration, tags: dict[str, str]
) -> None:
    """Make a function. Conflict: it exists. Invalid: also while its role cannot be assumed yet."""
    with calling("lambda:CreateFunction"):
        client(target, "lambda").create_function(
            FunctionName=name,
            Code={"ZipFile": code.package},
            Architectures=[code.architecture],
            Tags=tags,
            PackageType="Zip",
            **_arguments(configuration),
        )


def update_code(target: Target, name: str, code: Code) -> None:
    """Put other code into a function."""
    with calling("lambda:UpdateFunctionCode"):
        client(target, "lambda").update_function_code(
            FunctionName=name, ZipFile=code.package, Architectures=[code.architecture]
        )


def update_configuration(target: Target, name: str, configuration: Configuration) -> None:
    """Set a function's configuration."""
    with calling("lambda:UpdateFunctionConfiguration"):
        client(target, "lambda").update_function_configuration(FunctionName=name, **_arguments(configuration))


def reserve_concurrency(target: Target, name: str, concurrency: int | None) -> None:
    """Reserve so many concurrent runs for a function; None takes the reservation away."""
    functions = client(target, "lambda")
    if concurrency is None:
        with calling("lambda:DeleteFunctionConcurrency"):
            functions.delete_function_concurrency(FunctionName=name)
        return
    with calling("lambda:PutFunctionConcurrency"):
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=concurrency)


RETRIES, AGE_S = 2, 6 * 3600  # of asynchronous calls, where nobody says otherwise


@dataclass(frozen=True, slots=True)
class EventInvokeConfig:
    """What becomes of asynchronous calls. `on_failure`: where those go that failed for good; empty for nowhere.

    `retries` and `age_s` are None where AWS's own hold (2 retries, six hours).
    """

    on_failure: str = ""
    retries: int | None = None
    age_s: int | None = None


def event_invoke_config(target: Target, name: str, alias: str) -> EventInvokeConfig:
    """That of an alias."""
    try:
        with calling("lambda:GetFunctionEventInvokeConfig"):
            found = client(target, "lambda").get_function_event_invoke_config(FunctionName=name, Qualifier=alias)
    except NotFound:
        return EventInvokeConfig()
    destination: str = found.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "")
    retries, age_s = found.get("MaximumRetryAttempts"), found.get("MaximumEventAgeInSeconds")
    return EventInvokeConfig(destination, None if retries == RETRIES else retries, None if age_s == AGE_S else age_s)


def set_on_failure(target: Target, name: str, alias: str, destination: str) -> None:
    """Let them go there; empty for nowhere."""
    functions = client(target, "lambda")
    if not destination:
        with calling("lambda:DeleteFunctionEventInvokeConfig"):
            functions.delete_function_event_invoke_config(FunctionName=name, Qualifier=alias)
        return
    with calling("lambda:PutFunctionEventInvokeConfig"):
        functions.put_function_event_invoke_config(
            FunctionName=name, Qualifier=alias, DestinationConfig={"OnFailure": {"Destination": destination}}
        )


def tag(target: Target, arn: str, tags: dict[str, str], *, without: Iterable[str] = ()) -> None:
    """Set tags of a function, and take those named away."""
    functions = client(target, "lambda")
    if gone := list(without):
        with calling("lambda:UntagResource"):
            functions.untag_resource(Resource=arn, TagKeys=gone)
    if tags:
        with calling("lambda:TagResource"):
            functions.tag_resource(Resource=arn, Tags=tags)


def publish_version(target: Target, name: str) -> str:
    """Publish what the function is now; give the version. AWS gives the newest one again when nothing changed."""
    with calling("lambda:PublishVersion"):
        answer = client(target, "lambda").publish_version(FunctionName=name)
    version: str = answer["Version"]
    return version


def get_alias(target: Target, name: str, alias: str) -> Alias | None:
    """Where an alias leads, or None when there is no such alias."""
    try:
        with calling("lambda:GetAlias"):
            found = client(target, "lambda").get_alias(FunctionName=name, Name=alias)
    except NotFound:
        return None
    weights = found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return Alias(found["FunctionVersion"], dict(weights))


def point_alias(target: Target, name: str, alias: str, to: Alias, *, exists: bool) -> None:
    """Let an alias lead to one version, or to one more for a part of the calls."""
    functions = client(target, "lambda")
    routing = {"AdditionalVersionWeights": to.weights}  # none takes away what was there
    if exists:
        with calling("lambda:UpdateAlias"):
            functions.update_alias(FunctionName=name, Name=alias, FunctionVersion=to.version, RoutingConfig=routing)
        return
    with calling("lambda:CreateAlias"):
        functions.create_alias(FunctionName=name, Name=alias, FunctionVersion=to.version)


def delete_function(target: Target, name: str) -> None:
    """Do away with a function, all its versions and aliases; nothing where there is none."""
    try:
        with calling("lambda:DeleteFunction"):
            client(target, "lambda").delete_function(FunctionName=name)
    except NotFound:
        return


def list_functions(target: Target) -> Iterator[str]:
    """The names of all functions of the account and region, whoever made them."""
    call = client(target, "lambda").list_functions
    for page in pages("lambda:ListFunctions", _with_marker(call), "Functions", mark="NextMarker"):
        for row in page:
            yield row["FunctionName"]


def list_versions(target: Target, name: str) -> Iterator[Function]:
    """The versions of a function, oldest first, $LATEST among them."""
    call = client(target, "lambda").list_versions_by_function
    for page in pages(
        "lambda:ListVersionsByFunction", _with_marker(call), "Versions", mark="NextMarker", FunctionName=name
    ):
        for row in page:
            yield _function(row, {})


def invoke(target: Target, arn: str, payload: str, *, wait_s: int, asynchronously: bool = False) -> Invocation:
    """Call a function, once: an Unknown outcome is the caller's to keep and show, never to repeat.

    `payload` is JSON text; `wait_s` is how long to wait for the answer, longer than the function's own timeout.
    """
    functions = client(target, "lambda", "ONCE", read_s=wait_s)
    with calling("lambda:InvokeFunction"):
        answer = functions.invoke(
            FunctionName=arn,
            InvocationType="Event" if asynchronously else "RequestResponse",
            LogType="None" if asynchronously else "Tail",
            Payload=payload.encode(),
        )
        body = answer["Payload"].read().decode()
    return Invocation(
        status=answer["StatusCode"],
        payload=body,
        function_error=answer.get("FunctionError"),
        log_tail=base64.b64decode(answer.get("LogResult", "")).decode(errors="replace"),
        request_id=answer["ResponseMetadata"].get("RequestId", ""),
        version=answer.get("ExecutedVersion", ""),
    )


def _with_marker(call: Any) -> Any:
    """Lambda's lists are asked on with `Marker`, and answer with `NextMarker`."""

    def ask(*, NextMarker: str | None = None, **arguments: Any) -> Any:  # noqa: N803 - AWS's own word
        return call(**arguments, **({"Marker": NextMarker} if NextMarker else {}))

    return ask


def _arguments(configuration: Configuration) -> dict[str, Any]:
    return {
        "Runtime": configuration.runtime,
        "Handler": configuration.handler,
        "Role": configuration.role_arn,
        "MemorySize": configuration.memory_mb,
        "Timeout": configuration.timeout_s,
        "Environment": {"Variables": configuration.environment},
        "Layers": list(configuration.layers),
        "EphemeralStorage": {"Size": configuration.storage_mb},
        "DeadLetterConfig": {"TargetArn": configuration.dead_letter_arn},  # empty takes it away
    }


def _function(found: dict[str, Any], tags: dict[str, str], concurrency: int | None = None) -> Function:
    return Function(
        arn=found["FunctionArn"],
        version=found["Version"],
        code_sha256=found["CodeSha256"],
        architecture=found.get("Architectures", ["x86_64"])[0],
        configuration=Configuration(
            runtime=found.get("Runtime", ""),
            handler=found.get("Handler", ""),
            role_arn=found["Role"],
            memory_mb=found["MemorySize"],
            timeout_s=found["Timeout"],
            environment=found.get("Environment", {}).get("Variables", {}),
            layers=tuple(layer["Arn"] for layer in found.get("Layers", [])),
            storage_mb=found.get("EphemeralStorage", {}).get("Size", 512),
            dead_letter_arn=found.get("DeadLetterConfig", {}).get("TargetArn", ""),
        ),
        tags=tags,
        state=found.get("State", "Active"),
        update_status=found.get("LastUpdateStatus", "Successful"),
        reason=found.get("StateReason") or found.get("LastUpdateStatusReason") or "",
        concurrency=concurrency,
        log_group=found.get("LoggingConfig", {}).get("LogGroup", ""),
    )
