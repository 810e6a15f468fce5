"""The embedded AWS beside the same server without our mends: bursts, executions, invocations. `make bench-embedded`.

Both run the guide's functions and state machine. A cold burst is on a new server each time, the rest on warm ones, in
turn. The plain server starts a process for every concurrent invocation: a burst may take it some gigabytes, so it has
one only. BENCH_PLAIN=0 leaves it out; BENCH_COUNT sets another number of executions and invocations.
"""

import contextlib
import json
import os
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.config import Config

if TYPE_CHECKING:
    from tests.fixtures_aws import EmbeddedAws

ROOT = Path(__file__).resolve().parents[1]
ROLE = "arn:aws:iam::123456789012:role/bench"
INPUT = json.dumps({"TransactionType": "PURCHASE", "CustomerId": "C-1", "Amount": 1})
BURST = 200
COUNT = int(os.environ.get("BENCH_COUNT", "400"))
CLIENTS = 8
ROUNDS = 5
COLD_ROUNDS = {True: 3, False: 1}
SETTLED_SECONDS = 300
WITH_PLAIN = os.environ.get("BENCH_PLAIN", "1") != "0"


@dataclass(frozen=True)
class Guide:
    """The guide's machine on one server."""

    aws: "EmbeddedAws"
    machine: str
    function: str
    lambda_: Any = field(repr=False)
    states: Any = field(repr=False)

    def start(self) -> str:
        """One execution; its ARN."""
        return str(self.states.start_execution(stateMachineArn=self.machine, input=INPUT)["executionArn"])

    def start_many(self, count: int, clients: int) -> None:
        """Start so many and wait until the last is over, as lists tell: describing each costs as much as it."""
        begun = self._listed("SUCCEEDED")
        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(lambda _: self.start(), range(count)))
        end = time.monotonic() + SETTLED_SECONDS
        while self._listed("RUNNING", most=1):
            assert time.monotonic() < end, "executions are still running"
            time.sleep(0.01)
        assert self._listed("SUCCEEDED") == begun + count

    def _listed(self, status: str, most: int = 1000) -> int:
        """How many of the machine's executions have a status; of RUNNING the first is enough."""
        pages = self.states.get_paginator("list_executions").paginate(
            stateMachineArn=self.machine, statusFilter=status, PaginationConfig={"PageSize": most}
        )
        return sum(len(page["executions"]) for page in ([next(iter(pages))] if most == 1 else pages))

    def wait(self, arn: str) -> dict[str, Any]:
        """The description of an execution that has succeeded."""
        end = time.monotonic() + SETTLED_SECONDS
        while (found := self.states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            assert time.monotonic() < end, f"{arn} is still running"
            time.sleep(0.005)
        assert found["status"] == "SUCCEEDED", found
        return dict(found)

    def milliseconds_of_one(self) -> float:
        """What one execution takes by its own times, nothing else going on."""
        found = self.wait(self.start())
        return float((found["stopDate"] - found["startDate"]).total_seconds() * 1000)

    def invoke(self) -> None:
        """One invocation."""
        answer = self.lambda_.invoke(FunctionName=self.function, Payload=INPUT.encode())
        assert "FunctionError" not in answer
        answer["Payload"].read()


def main() -> None:
    """Print every figure, ours and the plain server's."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "controlplane.settings"
    django.setup()  # what the tests start a server with knows the models too
    kinds = (True, False) if WITH_PLAIN else (True,)
    bursts = {mends: [_cold_burst(mends) for _ in range(COLD_ROUNDS[mends])] for mends in kinds}
    for at, (name, goal) in enumerate((("s", "<= 2 s"), ("worker processes", "<= 10"), ("MB in all", "<= 300 MB"))):
        values = {mends: statistics.median(burst[at] for burst in found) for mends, found in bursts.items()}
        _tell(f"cold burst of {BURST} starts, {name} (goal {goal})", values, name)
    with contextlib.ExitStack() as stack:
        guides = {mends: stack.enter_context(_guide(mends)) for mends in kinds}
        for guide in guides.values():
            guide.start_many(CLIENTS * 2, CLIENTS)
        _compare("one execution (goal <= 20 ms)", "ms", guides, Guide.milliseconds_of_one)
        _compare(f"{COUNT} executions to the end (goal 400/s)", "/s", guides, _executions_per_second)
        _compare(f"{COUNT} invocations by {CLIENTS} clients", "/s", guides, _invocations_per_second)


def _compare(name: str, unit: str, guides: dict[bool, Guide], measure: Callable[[Guide], float]) -> None:
    """In turn, the median of each; with the plain server also the median of the pairs' ratios."""
    rounds = [{mends: measure(guide) for mends, guide in guides.items()} for _ in range(ROUNDS)]
    _tell(name, {mends: statistics.median(one[mends] for one in rounds) for mends in guides}, unit)
    if len(guides) == 2:
        ratios = [one[True] / one[False] for one in rounds]
        print(f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})")


def _tell(name: str, values: dict[bool, float], unit: str) -> None:
    plain = f"; plain server {values[False]:.1f} {unit}" if False in values else ""
    print(f"{name}: {values[True]:.1f} {unit}{plain}\nvalue {values[True]:.1f} {unit}", flush=True)


def _executions_per_second(guide: Guide) -> float:
    return COUNT / _seconds(lambda: guide.start_many(COUNT, CLIENTS))


def _invocations_per_second(guide: Guide) -> float:
    def invoke_all() -> None:
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(lambda _: guide.invoke(), range(COUNT)))

    return COUNT / _seconds(invoke_all)


def _cold_burst(mends: bool) -> tuple[float, float, float]:
    """Seconds until all are over, and the most worker processes and megabytes (PSS) seen meanwhile."""
    with _guide(mends) as guide, _watched(guide.aws.process.pid) as seen:
        seconds = _seconds(lambda: guide.start_many(BURST, 40))
    return seconds, max(count for count, _ in seen), max(size for _, size in seen)


@contextlib.contextmanager
def _guide(mends: bool) -> Iterator[Guide]:
    from tests.fixtures_aws import run_embedded_aws

    with (
        tempfile.TemporaryDirectory(prefix="signalbox-bench-") as folder,
        run_embedded_aws(Path(folder), mends=mends) as aws,
    ):
        yield _deployed(aws)


def _deployed(aws: "EmbeddedAws") -> Guide:
    from workflows import packaging

    patient = Config(inject_host_prefix=False, read_timeout=SETTLED_SECONDS, max_pool_connections=50)
    lambda_, states = aws.client("lambda", config=patient), aws.client("stepfunctions", config=patient)
    definition = (ROOT / "workflows/definitions/transaction-processor/definition.asl.json").read_text()
    for folder in ("process_purchase", "process_refund"):
        path = ROOT / "lambda_src" / folder
        said = packaging.read_function(path)
        arn = lambda_.create_function(
            FunctionName=said.name, Runtime=said.runtime, Handler=said.handler, Role=ROLE, Timeout=60,
            Code={"ZipFile": packaging.pack(path).content},
        )["FunctionArn"]  # fmt: skip
        definition = definition.replace(f"${{{said.name}}}", arn)
    machine = states.create_state_machine(name="guide", definition=definition, roleArn=ROLE)["stateMachineArn"]
    return Guide(aws, machine, "ProcessPurchase", lambda_, states)


@contextlib.contextmanager
def _watched(pid: int) -> Iterator[list[tuple[int, float]]]:
    """Looks again and again how many processes there are below `pid`, and what all of them hold."""
    seen: list[tuple[int, float]] = []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            tree = _tree(pid)
            seen.append((len(tree) - 1, sum(_pss(one) for one in tree)))
            over.wait(0.1)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def _tree(pid: int) -> list[int]:
    """A process and everything below it that is still there."""
    with contextlib.suppress(OSError):
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
        return [pid, *(inner for child in children for inner in _tree(child))]
    return []


def _pss(pid: int) -> float:
    """Megabytes."""
    with contextlib.suppress(OSError):
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


def _seconds(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


if __name__ == "__main__":
    main()
