"""An AWS for tests and benchmarks: answers the calls we make in constant time, keeps a ledger, and fails when told to.

It keeps AWS's manners (idempotent starts, closed names, revisions, roles that take time), and runs nothing.
"""

from tests.aws_stub.orders import Hold, Order, Refusal
from tests.aws_stub.plays import Play
from tests.aws_stub.server import AwsStub, run_aws_stub

__all__ = ["AwsStub", "Hold", "Order", "Play", "Refusal", "run_aws_stub"]
