"""Parallel and Map states: lines of control side by side, and the child executions of a distributed Map."""

import contextvars
import functools
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import new_uuid, now_iso
from ministack.services import stepfunctions as sf

from .journal import Line, OverError, failed, write
from .language import (
    LARGEST_BYTES,
    ExecutionError,
    State,
    evaluate,
    evaluate_typed,
    fail,
    fill,
    input_of,
    is_jsonata,
    select,
)
from .retries import run_with_retries
from .states import Step, path_or_field, register, run_states
from .tasks import arguments_of, finish

# AWS runs so many iterations of an inline Map at once at most; for a distributed one this is our own bound.
WIDEST = 40
SECONDS_BETWEEN_LOOKS = 0.5


def apply() -> None:
    """Make Parallel and Map states known."""
    register("Parallel", run_parallel)
    register("Map", run_map)


# ---- side by side


@dataclass
class Crew:
    """Threads that work off numbered jobs, `width` at a time; the first failure calls the others off."""

    line: Line
    count: int
    work: Callable[[int, Line], Any]
    label: str
    cancelled: threading.Event = field(default_factory=threading.Event)
    results: dict[int, Any] = field(default_factory=dict)
    running: set[int] = field(default_factory=set)
    failure: BaseException | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)
    _next: int = 0

    def run(self, width: int) -> list[Any]:
        """Every result in order; raises the first failure without waiting for who is still at work."""
        self.line.forget(self.label)
        started = self.line.previous
        for first in [self._take() for _ in range(min(width, self.count))]:
            serve = functools.partial(self._serve, first, started)
            threading.Thread(target=contextvars.copy_context().run, args=(serve,), daemon=True).start()
        with self.changed:
            while len(self.results) < self.count and self.failure is None:
                self.changed.wait(SECONDS_BETWEEN_LOOKS)
                self.line.check()
        if self.failure is not None:
            raise self.failure
        return [self.results[index] for index in range(self.count)]

    def _serve(self, index: int | None, previous: int) -> None:
        """Work off `index`, then what is left; each job points back to the end of the one it waited for."""
        while index is not None:
            child = self.line.fork(f"{self.label}/{index}", self.cancelled)
            child.previous = previous
            try:
                result = self.work(index, child)
            except OverError:
                return
            except BaseException as error:
                self._end(index, child, None, error)
                return
            self._end(index, child, result, None)
            index, previous = self._take(), child.previous

    def _take(self) -> int | None:
        with self.changed:
            if self._next >= self.count or self.cancelled.is_set():
                return None
            index, self._next = self._next, self._next + 1
            self.running.add(index)
            return index

    def _end(self, index: int, child: Line, result: Any, error: BaseException | None) -> None:
        with self.changed:
            self.running.discard(index)
            if self.cancelled.is_set():
                return
            self.line.previous = child.previous if child.closing is None else child.closing
            if error is None:
                self.results[index] = result
            else:
                self.failure = error
                self.cancelled.set()
            self.changed.notify_all()


def run_parallel(line: Line, state: State, data: Any) -> Step:
    """Parallel, with its Retry and Catch."""

    def attempt() -> Step:
        arguments = arguments_of(line, state, data)
        branches = state["Branches"]
        line.add("ParallelStateStarted")

        def work(index: int, child: Line) -> Any:
            return run_states(child, branches[index]["States"], branches[index]["StartAt"], arguments)

        name = line.context["State"]["Name"]
        results = Crew(line, len(branches), work, name).run(len(branches))
        line.note("ParallelStateSucceeded")
        return finish(line, state, data, results)

    return run_with_retries(line, state, data, attempt, "ParallelStateFailed")


def run_map(line: Line, state: State, data: Any) -> Step:
    """Map, inline or distributed, with its Retry and Catch."""
    processor = state.get("ItemProcessor") or state["Iterator"]
    distributed = (processor.get("ProcessorConfig") or {}).get("Mode") == "DISTRIBUTED"
    runner = _run_distributed if distributed else _run_inline

    def attempt() -> Step:
        return finish(line, state, data, runner(line, state, processor, data))

    return run_with_retries(line, state, data, attempt, "MapStateFailed")


def _run_inline(line: Line, state: State, processor: State, data: Any) -> list[Any]:
    items = _items(line, state, data)
    width = int(path_or_field(line, state, "MaxConcurrency", data) or WIDEST)
    line.add("MapStateStarted", {"length": len(items)})
    name = line.context["State"]["Name"]

    def work(index: int, child: Line) -> Any:
        if child.ended_before:
            return run_states(child, {}, "", None)
        label = {"name": name, "index": index}
        value = _select_item(child, state, data, index, items[index])
        child.add("MapIterationStarted", label)
        try:
            result = run_states(child, processor["States"], processor["StartAt"], value)
        except ExecutionError:
            child.note("MapIterationFailed", label)
            raise
        child.closing = child.note("MapIterationSucceeded", label)
        return result

    crew = Crew(line, len(items), work, name)
    try:
        results = crew.run(min(width, WIDEST))
    except ExecutionError:
        for index in sorted(crew.running):
            line.note("MapIterationAborted", {"name": name, "index": index})
        raise
    line.note("MapStateSucceeded")
    return results


def _items(line: Line, state: State, data: Any) -> list[Any]:
    if is_jsonata(state, line):
        items = evaluate_typed(state, "Items", "array", data, line) if "Items" in state else data
    else:
        items = select(state.get("ItemsPath", "$"), input_of(state, data, line), line, "ItemsPath")
    if not isinstance(items, list):
        raise fail(line, f'Reference path "{state.get("ItemsPath", "$")}" must point to array.')
    return items


def _select_item(line: Line, state: State, data: Any, index: int, item: Any) -> Any:
    line.context["Map"] = {"Item": {"Index": index, "Value": item}}
    selector = state.get("ItemSelector") or state.get("Parameters")
    if not selector:
        return item
    if is_jsonata(state, line):
        return evaluate(selector, "ItemSelector", data, line)
    return fill(selector, input_of(state, data, line), line)


# ---- distributed


def _run_distributed(line: Line, state: State, processor: State, data: Any) -> list[Any]:
    if "ResultWriter" in state:
        raise fail(line, "The embedded AWS does not write the results of a Map to S3: it has no ResultWriter.")
    reads = "ItemReader" in state
    items = None if reads else _items(line, state, data)
    line.add("MapStateStarted", {"length": len(items or [])})
    run = _new_map_run(line, state, data)
    line.add("MapRunStarted", {"mapRunArn": run["mapRunArn"]})
    try:
        results = _run_children(
            line, state, processor, data, items if items is not None else _read(line, state, data), run
        )
    except ExecutionError as error:
        run.update(status="FAILED", stopDate=now_iso())
        line.add("MapRunFailed", failed(error.error, error.cause))
        raise
    run.update(status="SUCCEEDED", stopDate=now_iso())
    line.add("MapRunSucceeded")
    line.note("MapStateSucceeded")
    return results


def _new_map_run(line: Line, state: State, data: Any) -> dict[str, Any]:
    """A record as ministack's DescribeMapRun and ListMapRuns show it."""
    record = line.run.record
    _, _, _, region, account, _, machine = record["stateMachineArn"].split(":")[:7]
    label = state.get("Label") or new_uuid()
    zero = dict.fromkeys(
        ("pending", "running", "succeeded", "failed", "timedOut", "aborted", "total", "resultsWritten",
         "failuresNotRedrivable", "pendingRedrive"), 0,
    )  # fmt: skip
    run = {
        "mapRunArn": f"arn:aws:states:{region}:{account}:mapRun:{machine}/{label}:{new_uuid()}",
        "executionArn": record["executionArn"],
        "status": "RUNNING",
        "startDate": now_iso(),
        "maxConcurrency": int(path_or_field(line, state, "MaxConcurrency", data) or 0),
        "toleratedFailurePercentage": float(path_or_field(line, state, "ToleratedFailurePercentage", data) or 0),
        "toleratedFailureCount": int(path_or_field(line, state, "ToleratedFailureCount", data) or 0),
        "itemCounts": dict(zero),
        "executionCounts": dict(zero),
        "redriveCount": 0,
        "_stateMachineArn": f"arn:aws:states:{region}:{account}:stateMachine:{machine}/{label}",
    }
    sf._map_runs[run["mapRunArn"]] = run
    return run


def _read(line: Line, state: State, data: Any) -> list[Any]:
    """The items of an ItemReader, read by ministack; ours are the variables and what is no list."""
    reader = dict(state["ItemReader"])
    field_name = "Arguments" if is_jsonata(state, line) else "Parameters"
    if field_name in reader:
        reader["Parameters"] = (
            evaluate(reader.pop("Arguments"), "ItemReader/Arguments", data, line)
            if field_name == "Arguments"
            else fill(reader["Parameters"], input_of(state, data, line), line)
        )
    config = dict(reader.get("ReaderConfig") or {})
    if config.get("MaxItemsPath"):
        config["MaxItems"] = select(config.pop("MaxItemsPath"), input_of(state, data, line), line, "MaxItemsPath")
    elif isinstance(config.get("MaxItems"), str):
        config["MaxItems"] = evaluate(config["MaxItems"], "ItemReader/ReaderConfig/MaxItems", data, line)
    reader["ReaderConfig"] = config
    try:
        items = sf._read_map_items(reader, data, {})
    except (KeyError, TypeError, ValueError, AttributeError):
        items = None
    if not isinstance(items, list):
        raise ExecutionError("States.ItemReaderFailed", "Attempting to map over non-iterable node.")
    return items


def _run_children(
    line: Line, state: State, processor: State, data: Any, items: list[Any], run: dict[str, Any]
) -> list[Any]:
    from . import starting

    lock = threading.Lock()
    batches = _batches(line, state, data, items) if "ItemBatcher" in state else None
    children = len(items) if batches is None else len(batches)
    run["itemCounts"].update(total=len(items), pending=len(items))
    run["executionCounts"].update(total=children, pending=children)

    def move(source: str, target: str, number: int) -> None:
        with lock:
            for count, moved in ((run["itemCounts"], number), (run["executionCounts"], 1)):
                count[source] -= moved
                count[target] += moved

    def work(index: int, child: Line) -> Any:
        if batches is None:
            value, number = _select_item(child, state, data, index, items[index]), 1
        else:
            value, number = batches[index], len(batches[index]["Items"])
            child.context["Map"] = {"Item": {"Index": index, "Value": value}}
        move("pending", "running", number)
        record = starting.run_child(child, dict(processor), value, run)
        succeeded = record["status"] == "SUCCEEDED"
        move("running", "succeeded" if succeeded else "failed", number)
        if not succeeded and _exceeds(run, len(items)):
            text = "The specified tolerated failure threshold was exceeded"
            raise ExecutionError("States.ExceedToleratedFailureThreshold", text)
        return record["output"]

    name = line.context["State"]["Name"]
    width = run["maxConcurrency"] or WIDEST
    texts = Crew(line, children, work, name).run(min(width, WIDEST))
    return [json.loads(text) for text in texts if text is not None]


def _batches(line: Line, state: State, data: Any, items: list[Any]) -> list[dict[str, Any]]:
    """The items, each as ItemSelector makes it, in the batches of ItemBatcher: what a child is given each."""
    batcher = state["ItemBatcher"]
    limits = {**batcher, **{key: state[key] for key in ("QueryLanguage",) if key in state}}
    most_items = path_or_field(line, limits, "MaxItemsPerBatch", data)
    most_bytes = min(path_or_field(line, limits, "MaxInputBytesPerBatch", data) or LARGEST_BYTES, LARGEST_BYTES)
    begun: dict[str, Any] = {}
    if "BatchInput" in batcher:
        jsonata = is_jsonata(state, line)
        given = batcher["BatchInput"]
        begun["BatchInput"] = (
            evaluate(given, "ItemBatcher/BatchInput", data, line)
            if jsonata
            else fill(given, input_of(state, data, line), line)
        )
    batches: list[dict[str, Any]] = []
    apart, least, size = line.fork("batches", threading.Event()), _size({**begun, "Items": []}), 0
    for index, item in enumerate(items):
        value = _select_item(apart, state, data, index, item)
        size += _size(value) + 1  # with the comma before it
        if not batches or size > most_bytes or len(batches[-1]["Items"]) == most_items:
            batches.append({**begun, "Items": []})
            size = least + _size(value)
        batches[-1]["Items"].append(value)
    return batches


def _size(value: Any) -> int:
    return len(write(value).encode("utf-8", "surrogatepass"))


def _exceeds(run: dict[str, Any], total: int) -> bool:
    lost = run["itemCounts"]["failed"]
    percentage, number = run["toleratedFailurePercentage"], run["toleratedFailureCount"]
    if not percentage and not number:
        return True
    return bool((percentage and lost * 100 > percentage * total) or (number and lost > number))
