"""The language's own speed (PERF-9, PERF-9b), beside `json.loads` of the same text. `make bench-asl`."""

import json
from typing import Any

from bench.pairs import compare
from workflows import layout
from workflows.asl import documents, graph, parser
from workflows.asl.checker import check
from workflows.asl.choice import choose
from workflows.asl.history import trace
from workflows.asl.model import Choice, StateMachine


def main() -> None:
    """Print every figure with its goal."""
    _choosing("one rule on an input of 1 KB", rules=1, size=1_000, goal="<= 50 us, aim 10")
    _choosing("16 rules on an input of 64 KB", rules=16, size=64_000, goal="ratio <= 1, aim 0.2")
    text = json.dumps(_machine(500))
    _checking("check of 500 states", text, "<= 100 ms, aim 30")
    _tracing(5_000)
    _laying_out("layout of 50 states", _machine(50), "<= 50 ms, aim 30")
    _laying_out("layout of 300 states with a shared handler", _machine(300, shared=True), "<= 2 s, aim 0.5")


def _choosing(name: str, *, rules: int, size: int, goal: str) -> None:
    tests = [{"Variable": "$.kind", "StringEquals": f"K{n}", "Next": "N"} for n in range(rules - 1)]
    raw = {"Type": "Choice", "Choices": [*tests, {"Variable": "$.kind", "StringEquals": "LAST", "Next": "N"}]}
    state = parser.parse_state("Which", raw)
    assert isinstance(state, Choice)
    text = json.dumps({"kind": "LAST", "items": ["x" * 40] * (size // 44)})
    given = documents.read_value(text)
    taken = compare(lambda: choose(state, given), lambda: json.loads(text), 2_000 if size < 10_000 else 200)
    print(f"{name}: {taken.seconds * 1e6:.1f} us (goal {goal}); json.loads {taken.baseline_seconds * 1e6:.1f} us")
    print(taken.line())


def _checking(name: str, text: str, goal: str) -> None:
    taken = compare(lambda: check(text), lambda: json.loads(text), 3)
    print(f"{name}: {taken.seconds * 1e3:.1f} ms (goal {goal}); json.loads {taken.baseline_seconds * 1e3:.2f} ms")
    print(taken.line())


def _tracing(count: int) -> None:
    definition = _machine(2)
    events: list[dict[str, Any]] = [{"id": 1, "type": "ExecutionStarted", "previousEventId": 0}]
    for number in range(2, count, 2):
        name = f"S{number // 2 % 2}"
        entered = {"name": name, "input": "{}"}
        events.append(
            {
                "id": number,
                "previousEventId": number - 1,
                "type": "TaskStateEntered",
                "stateEnteredEventDetails": entered,
            }
        )
        left = {"name": name, "output": "{}"}
        events.append(
            {
                "id": number + 1,
                "previousEventId": number,
                "type": "TaskStateExited",
                "stateExitedEventDetails": left,
            }
        )
    text = json.dumps(events)
    taken = compare(lambda: trace(definition, events), lambda: json.loads(text))
    print(f"trace of {count:,} events: {taken.seconds * 1e3:.0f} ms; json.loads {taken.baseline_seconds * 1e3:.1f} ms")
    print(taken.line())


def _laying_out(name: str, definition: dict[str, Any], goal: str) -> None:
    machine = parser.parse(definition).machine
    assert isinstance(machine, StateMachine)
    built = graph.build(machine)
    text = json.dumps(definition)
    layout.lay_out(graph.build(parser.parse(_machine(3)).machine or machine))  # starts the child

    def work() -> None:
        layout.forget()
        assert layout.lay_out(built), "killed: it took longer than two seconds"

    taken = compare(work, lambda: json.loads(text))
    print(f"{name}: {taken.seconds * 1e3:.0f} ms (goal {goal}); json.loads {taken.baseline_seconds * 1e3:.2f} ms")
    print(taken.line())


def _machine(count: int, *, shared: bool = False) -> dict[str, Any]:
    """A chain of tasks with a Choice at every fifth state that may skip one; all caught by one handler if shared."""
    states: dict[str, Any] = {}
    for number in range(count):
        following = f"S{number + 1}" if number + 1 < count else None
        if number % 5 == 4 and number + 2 < count:
            rule = {"Variable": "$.skip", "BooleanEquals": True, "Next": f"S{number + 2}"}
            states[f"S{number}"] = {"Type": "Choice", "Choices": [rule], "Default": following}
            continue
        task: dict[str, Any] = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}
        task |= {"Next": following} if following else {"End": True}
        if shared:
            task["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "Handler"}]
        states[f"S{number}"] = task
    if shared:
        states["Handler"] = {"Type": "Fail", "Error": "Handled"}
    return {"StartAt": "S0", "States": states}


if __name__ == "__main__":
    main()
