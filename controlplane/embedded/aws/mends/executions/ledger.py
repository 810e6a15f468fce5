"""Which executions began and how they ended, on disk at once, so that nothing is forgotten or started twice.

One line of JSON when an execution begins and one when it ends; the later counts. Between them a line for each event, so
that what was cut off still tells how far it came. Executions are kept here alone: a state file with ten thousand of
them would be written anew with every machine that changes.
"""

import copy
import functools
import io
import json
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ministack.core import persistence
from ministack.core.responses import AccountRegionScopedDict, now_iso, request_scope
from ministack.services import stepfunctions as sf

from .. import metrics
from .journal import Run, failed

INTERRUPTED = "EmbeddedAws.Stopped"
CAUSE = (
    "The embedded AWS was stopped or killed while this execution ran. What it had begun may or may not have been done: "
    "look, then run it again."
)

KEPT = timedelta(days=90)  # after its end, as on AWS
_STATE = ("state_machines", "tags", "activities", "state_machine_versions", "state_machine_aliases", "map_runs")

logger = logging.getLogger("signalbox.embedded_aws")
_lock = threading.Lock()


def apply() -> None:
    """Leave executions out of ministack's own state, of which it makes a copy at every change of a machine."""
    sf.get_state = _state_without_executions


def _state_without_executions() -> dict[str, Any]:
    state = {name: copy.deepcopy(getattr(sf, f"_{name}")) for name in _STATE}
    return state | {"executions": AccountRegionScopedDict()}


def keep(record: dict[str, Any]) -> None:
    """Write down how an execution is now: called when it begins, before anybody is told, and when it ends."""
    if not persistence.PERSIST_STATE:
        return
    _append(_line(record))


def keep_event(record: dict[str, Any], event: dict[str, Any]) -> None:
    """Write down an event of what runs; the last one stands in the line that is written at the end."""
    if persistence.PERSIST_STATE and not _ends(event):
        _append(json.dumps({"executionArn": record["executionArn"], "event": event}).encode() + b"\n")


def _append(line: bytes) -> None:
    with _lock:
        _file().write(line)


def restore() -> None:
    """Put back every execution; what was running then has failed since, and its history says so."""
    executions = sf._executions._data
    for record in _read():
        key = (*_scope(record), record["executionArn"])
        if "event" in record:
            _add(record["event"], executions.get(key))
            continue
        if _is_forgotten(record):
            continue
        record.setdefault("definition", _definition_of(record))
        executions[key] = record
    for record in executions.values():
        if not _ends(record["events"][-1]):
            _interrupt(record)
    for run in sf._map_runs._data.values():
        if run["status"] == "RUNNING":
            run.update(status="FAILED", stopDate=now_iso())
    for key in sf._activities._data:
        # Where executions queue for workers: ministack makes it with the activity, and does not keep it.
        sf._activity_tasks._data.setdefault(key, [])
    rewrite()


def rewrite() -> None:
    """One line for each execution, in place at once."""
    path = _path()
    with _lock:
        spare = path.with_suffix(".new")
        with spare.open("wb") as file:
            file.writelines(_line(record) for record in list(sf._executions._data.values()))
        spare.replace(path)
        _file.cache_clear()


@functools.cache
def _file() -> io.FileIO:
    """Written to without a buffer: what is in one dies with the process."""
    return _path().open("ab", buffering=0)


def _path() -> Path:
    folder = Path(persistence.STATE_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "executions.jsonl"


def _read() -> Iterator[dict[str, Any]]:
    path = _path()
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            # The last one may have been cut off with the process, and any other by a full disk.
            try:
                yield json.loads(line)
            except ValueError:
                logger.warning("%s: a line of %d bytes cannot be read and is left out", path, len(line))


def _is_forgotten(record: dict[str, Any]) -> bool:
    ended: str | None = record.get("stopDate")
    return ended is not None and datetime.fromisoformat(ended) < datetime.now(UTC) - KEPT


def _line(record: dict[str, Any]) -> bytes:
    """A published version keeps its definition for good, so it need not be here again."""
    kept = {key: value for key, value in record.items() if key != "definition"}
    if record.get("definition") != _definition_of(record):
        kept["definition"] = record.get("definition")
    for _ in range(20):
        try:
            return json.dumps(kept).encode() + b"\n"
        except RuntimeError:  # a branch that is being called off still writes where it was
            continue
    kept.pop("progress", None)
    return json.dumps(kept).encode() + b"\n"


def _definition_of(record: dict[str, Any]) -> str | None:
    with request_scope(*_scope(record)):
        version = sf._state_machine_versions.get(record.get("stateMachineVersionArn")) or {}
    definition: str | None = version.get("definition")
    return definition


def _scope(record: dict[str, Any]) -> tuple[str, str]:
    """Account and region."""
    _, _, _, region, account, *_ = record["executionArn"].split(":")
    return account, region


def _add(event: dict[str, Any], record: dict[str, Any] | None) -> None:
    if record is not None and event["id"] == len(record["events"]) + 1:
        record["events"].append(event)


def _ends(event: dict[str, Any]) -> bool:
    kind: str = event["type"]
    return kind.startswith("Execution") and kind not in {"ExecutionStarted", "ExecutionRedriven"}


def _interrupt(record: dict[str, Any]) -> None:
    details = failed(INTERRUPTED, CAUSE)
    record.update(status="FAILED", stopDate=now_iso(), **details)
    Run(record, {}).append("ExecutionFailed", record["events"][-1]["id"], details)
    began, ended = (datetime.fromisoformat(record[name]).timestamp() for name in ("startDate", "stopDate"))
    metrics.record_end(record["stateMachineArn"], "FAILED", (ended - began) * 1000)
