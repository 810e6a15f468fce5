"""One process of `bench.drain`: the AWS stub, a worker's drain, its baseline in plain boto3, or a client of bytes.

Says `ready`, waits for a line, works, and tells as JSON what it did. `stub` answers every further line with its ledger.
"""

import json
import os
import socket
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

DRAINS = 2  # at a time in a worker: its concurrency
THREADS = 8 * DRAINS
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:signalbox-transaction-processor"
INPUT = '{"TransactionType": "PURCHASE", "CustomerId": "c-1001", "Amount": 50.25}'


def main(kind: str, count: int) -> None:
    """Be one of them."""
    if kind == "stub":
        _stub()
        return
    work = {"ours": _ours, "boto3": _boto3, "ceiling": _ceiling}[kind](count)
    print("ready", flush=True)
    sys.stdin.readline()
    begun = time.process_time()
    done = work()
    print(json.dumps({"done": done, "cpu_s": time.process_time() - begun}), flush=True)


def _stub() -> None:
    """Lines are orders: `limit` REFILL throttles starts as AWS does; anything else asks for the ledger."""
    from tests.aws_stub import run_aws_stub

    with run_aws_stub() as stub:
        stub.machines.add(MACHINE.rpartition(":")[2])
        print(stub.port, flush=True)
        for line in sys.stdin:
            if line.startswith("limit"):
                # A bucket that holds a tenth of a second: AWS's own is never smaller.
                refill = float(line.split()[1])
                stub.orders.limit("StartExecution", size=refill / 10, refill=refill)
            calls = stub.ledger.calls("StartExecution")
            told = {"calls": len(calls), "throttled": sum(bool(call.refused) for call in calls)}
            stub.ledger.clear()
            print(json.dumps(told | {"executions": len(stub.executions.all())}), flush=True)


def _ours(_: int) -> Callable[[], int]:
    import django

    django.setup()
    from django.db import connection

    from transactions.jobs import starts
    from workflows.aws import clients
    from workflows.jobs.targets import target_of
    from workflows.models import Environment

    clients.client(target_of(Environment.objects.get()), "stepfunctions")

    def drain(_: int) -> int:
        try:
            return starts.drain()
        finally:
            connection.close()

    def work() -> int:
        with ThreadPoolExecutor(DRAINS) as pool:
            return sum(pool.map(drain, range(DRAINS)))

    return work


def _boto3(count: int) -> Callable[[], int]:
    import boto3
    from botocore.config import Config

    client = boto3.client(
        "stepfunctions",
        region_name="us-east-1",
        endpoint_url=os.environ["SIGNALBOX_AWS_ENDPOINT_URL"],
        config=Config(inject_host_prefix=False, max_pool_connections=THREADS, retries={"mode": "standard"}),
    )

    def start(_: int) -> None:
        client.start_execution(stateMachineArn=f"{MACHINE}:1", name=str(uuid.uuid4()), input=INPUT)

    return lambda: _on_threads(start, range(count))


def _ceiling(count: int) -> Callable[[], int]:
    """The same requests as bytes, without a signature: what the stub can answer to whoever asks without effort."""
    address = ("127.0.0.1", int(os.environ["SIGNALBOX_AWS_ENDPOINT_URL"].rpartition(":")[2]))

    def start(share: int) -> None:
        with socket.create_connection(address) as connection, connection.makefile("rb") as answers:
            for _ in range(share):
                connection.sendall(_request())
                length = 0
                while (line := answers.readline()) != b"\r\n":
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                answers.read(length)

    def work() -> int:
        _on_threads(start, [count // THREADS] * THREADS)
        return count // THREADS * THREADS

    return work


def _request() -> bytes:
    body = json.dumps({"stateMachineArn": f"{MACHINE}:1", "name": str(uuid.uuid4()), "input": INPUT}).encode()
    head = f"POST / HTTP/1.1\r\nX-Amz-Target: AWSStepFunctions.StartExecution\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _on_threads(work: Callable[[int], None], each: Iterable[int]) -> int:
    with ThreadPoolExecutor(THREADS) as pool:
        return len(list(pool.map(work, each)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
