"""What only Map has: the mode of its processor, and where a distributed one reads its items and writes its results."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workflows.asl.checker import expressions as ex
from workflows.asl.checker import values as va
from workflows.asl.checker.fields import Field, Shape
from workflows.asl.checker.integrations import MachineType
from workflows.asl.checker.objects import check_object, check_required
from workflows.asl.checker.values import error
from workflows.asl.model import QueryLanguage
from workflows.asl.problems import TOP, Place, Problem, below

LONGEST_LABEL = 40
MOST_BYTES_OF_BATCH = 262_144  # AWS's own limit of what a child workflow is given

_NOT_IN_LABEL = re.compile(r"""[\s\x00-\x1f\x7f-\x9f?*<>{}\[\]:;,\\|^~$#%&`"]""")
DISTRIBUTED_ONLY = (
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
    "Label",
)


def _one_of(*names: str) -> Field:
    return Field(va.one_of(*names), va.one_of(*names))


_COUNT = Field(va.whole(1), ex.or_expression(va.whole(1)))
_BYTES = Field(va.whole(1, MOST_BYTES_OF_BATCH), ex.or_expression(va.whole(1, MOST_BYTES_OF_BATCH)))
_PATH = Field(ex.reference, None)

_CONFIG = Shape(
    {
        "Mode": _one_of("INLINE", "DISTRIBUTED"),
        "ExecutionType": _one_of("STANDARD", "EXPRESS"),
    }
)
_BATCHER = Shape(
    {
        "BatchInput": Field(ex.template, ex.jsonata),
        "MaxItemsPerBatch": _COUNT,
        "MaxItemsPerBatchPath": _PATH,
        "MaxInputBytesPerBatch": _BYTES,
        "MaxInputBytesPerBatchPath": _PATH,
    },
    alternatives=(
        ("MaxItemsPerBatch", "MaxItemsPerBatchPath"),
        ("MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"),
    ),
)
_IN_AND_OUT = {
    "Resource": Field(va.text, va.text),
    "Parameters": Field(ex.template, None),
    "Arguments": Field(None, ex.jsonata),
}
_READER = Shape({**_IN_AND_OUT, "ReaderConfig": Field(va.an_object, va.an_object)}, required=("Resource",))
_WRITER = Shape({**_IN_AND_OUT, "WriterConfig": Field(va.an_object, va.an_object)})
# AWS adds to these two from time to time, so what they have besides is left alone.
_READER_CONFIG = Shape(
    {
        "InputType": _one_of("CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"),
        "CSVHeaderLocation": _one_of("FIRST_ROW", "GIVEN"),
        "CSVHeaders": Field(va.texts, ex.or_expression(va.texts)),
        "CSVDelimiter": _one_of("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"),
        "MaxItems": Field(va.whole(0, 100_000_000), ex.or_expression(va.whole(0, 100_000_000))),
        "MaxItemsPath": _PATH,
    },
    alternatives=(("MaxItems", "MaxItemsPath"),),
)
_WRITER_CONFIG = Shape(
    {"OutputType": _one_of("JSON", "JSONL"), "Transformation": _one_of("NONE", "COMPACT", "FLATTEN")},
    required=("OutputType",),
)


def is_distributed(state: Mapping[str, Any]) -> bool:
    """Whether a Map runs its items as executions of their own."""
    return _config(state)[0].get("Mode") == "DISTRIBUTED"


def type_inside(state: Mapping[str, Any], machine_type: MachineType) -> MachineType:
    """The type of workflow that a Map's items run in: a distributed one names that of its child workflows."""
    if not is_distributed(state):
        return machine_type
    return "EXPRESS" if _config(state)[0].get("ExecutionType") == "EXPRESS" else "STANDARD"


def check_map(
    state: Mapping[str, Any], path: Place, machine_type: MachineType, language: QueryLanguage
) -> Iterator[Problem]:
    """What is wrong with a Map beyond its own fields."""
    if "ItemProcessor" not in state and "Iterator" not in state:
        message = "A Map needs an ItemProcessor: the states that every item goes through; add it."
        yield error("MISSING_FIELD", path, message)
    yield from _check_config(state, path, machine_type)
    for name, check in (
        ("ItemReader", _check_reader),
        ("ResultWriter", _check_writer),
        ("ItemBatcher", _check_batcher),
    ):
        if isinstance(value := state.get(name), dict):
            yield from check(value, (path, name), language)
    yield from _check_label(state.get("Label"), (path, "Label"))


def _check_label(label: Any, path: Place) -> Iterator[Problem]:
    if not isinstance(label, str) or va.has_placeholder(label):
        return
    if not 1 <= len(label) <= LONGEST_LABEL:
        message = f"Label has {len(label)} characters; it takes 1 to {LONGEST_LABEL}."
        yield error("INVALID_LABEL_NAME", path, message)
    elif found := _NOT_IN_LABEL.search(label):
        message = f"Label holds {found[0]!r}; write it without blanks, wildcards, brackets and signs like : or $."
        yield error("INVALID_LABEL_NAME", path, message)


def _config(state: Mapping[str, Any], path: Place = TOP) -> tuple[Mapping[str, Any], Place]:
    """The ProcessorConfig of a Map that lies at `path`, and its own place."""
    name = "ItemProcessor" if "ItemProcessor" in state else "Iterator"
    processor = state.get(name)
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    return config if isinstance(config, dict) else {}, below(path, name, "ProcessorConfig")


def _check_config(state: Mapping[str, Any], path: Place, machine_type: MachineType) -> Iterator[Problem]:
    config, place = _config(state, path)
    yield from check_object(config, place, _CONFIG, "JSONPath")
    if not is_distributed(state):
        if "ExecutionType" in config:
            message = "ExecutionType belongs to the mode DISTRIBUTED; remove it or set that mode."
            yield error("UNKNOWN_FIELD", (place, "ExecutionType"), message)
        return
    yield from check_required(config, place, ("ExecutionType",))
    if machine_type == "EXPRESS":
        message = "An EXPRESS workflow has no distributed Map; set the mode INLINE, or make the workflow STANDARD."
        yield error("NOT_IN_EXPRESS", (place, "Mode"), message)


def _check_reader(reader: Mapping[str, Any], path: Place, language: QueryLanguage) -> Iterator[Problem]:
    yield from check_object(reader, path, _READER, language)
    yield from _check_resource(reader, path, ("s3:getObject", "s3:listObjectsV2"))
    config = reader.get("ReaderConfig")
    if not isinstance(config, dict):
        return
    place = (path, "ReaderConfig")
    known = {name: value for name, value in config.items() if name in _READER_CONFIG.fields}
    yield from check_object(known, place, _READER_CONFIG, language)
    if config.get("InputType") == "CSV":
        yield from check_required(config, place, ("CSVHeaderLocation",))
    elif config.get("InputType") == "JSON" and "CSVHeaderLocation" in config:
        yield error("UNKNOWN_FIELD", place, "CSVHeaderLocation is for InputType CSV; remove it.")
    if config.get("CSVHeaderLocation") == "GIVEN":
        yield from check_required(config, place, ("CSVHeaders",))


def _check_writer(writer: Mapping[str, Any], path: Place, language: QueryLanguage) -> Iterator[Problem]:
    yield from check_object(writer, path, _WRITER, language)
    yield from _check_resource(writer, path, ("s3:putObject",))
    config = writer.get("WriterConfig")
    if isinstance(config, dict):
        known = {name: value for name, value in config.items() if name in _WRITER_CONFIG.fields}
        yield from check_object(known, (path, "WriterConfig"), _WRITER_CONFIG, language)
    elif "Resource" not in writer:
        yield error("MISSING_FIELD", path, "ResultWriter needs a Resource (s3:putObject) or a WriterConfig; add one.")


def _check_batcher(batcher: Mapping[str, Any], path: Place, language: QueryLanguage) -> Iterator[Problem]:
    yield from check_object(batcher, path, _BATCHER, language)
    if not any(name in batcher for group in _BATCHER.alternatives for name in group):
        message = "ItemBatcher must say how much is in a batch; add MaxItemsPerBatch or MaxInputBytesPerBatch."
        yield error("MISSING_FIELD", path, message)


def _check_resource(raw: Mapping[str, Any], path: Place, actions: tuple[str, ...]) -> Iterator[Problem]:
    resource, place = raw.get("Resource"), (path, "Resource")
    if "Resource" not in raw or va.has_placeholder(resource):
        return
    if not isinstance(resource, str) or not resource.endswith(tuple(f":states:::{action}" for action in actions)):
        wanted = " or ".join(f"arn:aws:states:::{action}" for action in actions)
        yield error("INVALID_RESOURCE", place, f"Resource is {wanted} here; write one of these.")
