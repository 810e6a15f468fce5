"""Step Functions in the stub: executions. A name is started once; asked again while it runs, the answer is the same."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.aws_stub import plays
from tests.aws_stub.machines import Machines
from tests.aws_stub.orders import Refusal
from tests.aws_stub.plays import Play, Playwright

Handler = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(slots=True)
class Execution:
    """An execution and what it will have done; it is over when its time has come."""

    arn: str
    name: str
    machine_arn: str
    asked_arn: str
    input: str
    started_at: float
    play: Play
    ends_at: float

    @property
    def status(self) -> str:
        """AWS's own word, now."""
        return self.play.status if self.is_over else "RUNNING"

    @property
    def is_over(self) -> bool:
        return time.time() >= self.ends_at


class Executions:
    """All executions by ARN; `playwright` says what each does, from its input."""

    def __init__(self, machines: Machines) -> None:
        self._machines = machines
        self._lock = threading.Lock()
        self._known: dict[str, Execution] = {}
        self._open: dict[str, dict[str, Execution]] = {}
        self.playwright: Playwright = plays.guide
        self.listed_after_s = 0.0  # lists tell what was so that long ago
        self.most_a_page = 1_000

    def operations(self) -> dict[str, Handler]:
        """What can be asked."""
        return {
            "StartExecution": self._start,
            "DescribeExecution": self._describe,
            "DescribeStateMachineForExecution": self._describe_machine,
            "GetExecutionHistory": self._history,
            "ListExecutions": self._list,
            "StopExecution": self._stop,
        }

    def all(self) -> list[Execution]:
        """Every execution there is, oldest first."""
        with self._lock:
            return list(self._known.values())

    def clear(self) -> None:
        """As if nothing had ever been started."""
        with self._lock:
            self._known.clear()
            self._open.clear()
        self.playwright = plays.guide
        self.listed_after_s, self.most_a_page = 0.0, 1_000

    def _start(self, asked: dict[str, Any]) -> dict[str, Any]:
        machine = self._machines.of(asked["stateMachineArn"])
        name, text = asked["name"], asked.get("input", "{}")
        arn = f"{machine.arn.replace(':stateMachine:', ':execution:')}:{name}"
        with self._lock:
            known = self._known.get(arn)
            if known and (known.is_over or known.input != text):
                raise Refusal("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
            if known is None:
                now, play = time.time(), self.playwright(text)
                known = Execution(arn, name, machine.arn, asked["stateMachineArn"], text, now, play, now + play.seconds)
                self._known[arn] = known
                self._open.setdefault(machine.arn, {})[arn] = known
        return {"executionArn": arn, "startDate": known.started_at}

    def _describe(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._find(asked)
        told = _row(found) | {"input": found.input, "inputDetails": {"included": True}}
        return told | ({"output": found.input} if found.status == "SUCCEEDED" else {})

    def _describe_machine(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._machines.describe({"stateMachineArn": self._find(asked).asked_arn})

    def _history(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._find(asked)
        role_arn = self._machines.of(found.machine_arn).role_arn
        ended_at = found.ends_at if found.is_over else None
        events = plays.history(found.play, found.input, role_arn, found.started_at, ended_at)
        if asked.get("reverseOrder"):
            events.reverse()
        return self._page(events, "events", asked)

    def _list(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Of running ones only those are gone through that were running when last asked."""
        arn = self._machines.of(asked["stateMachineArn"]).arn
        wanted, then = asked.get("statusFilter"), time.time() - self.listed_after_s
        with self._lock:
            running = self._open.setdefault(arn, {})
            for over in [one for one in running.values() if one.ends_at <= then]:
                del running[over.arn]
            if wanted == "RUNNING":
                found = [one for one in running.values() if one.started_at <= then]
            else:
                known = (one for one in self._known.values() if one.machine_arn == arn and one.ends_at <= then)
                found = [one for one in known if wanted in (None, one.status)]
        return self._page([_row(one) for one in reversed(found)], "executions", asked)

    def _stop(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._find(asked)
        with self._lock:
            if not found.is_over:
                found.ends_at = time.time()
                error, cause = asked.get("error", ""), asked.get("cause", "")
                found.play = Play(found.play.visits, "ABORTED", error=error, cause=cause)
        return {"stopDate": found.ends_at}

    def _page(self, rows: list[dict[str, Any]], name: str, asked: dict[str, Any]) -> dict[str, Any]:
        begin, size = int(asked.get("nextToken", 0)), min(asked.get("maxResults") or 100, self.most_a_page)
        told: dict[str, Any] = {name: rows[begin : begin + size]}
        return told | ({"nextToken": str(begin + size)} if begin + size < len(rows) else {})

    def _find(self, asked: dict[str, Any]) -> Execution:
        arn = asked["executionArn"]
        found = self._known.get(arn)
        if found is None:
            raise Refusal("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return found


def _row(found: Execution) -> dict[str, Any]:
    told = {
        "executionArn": found.arn,
        "stateMachineArn": found.machine_arn,
        "name": found.name,
        "status": found.status,
        "startDate": found.started_at,
    }
    return told | ({"stopDate": found.ends_at} if found.is_over else {})
