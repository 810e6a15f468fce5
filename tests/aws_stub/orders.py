"""What the stub is told to do to calls: delay, refuse, hold, or execute and then drop the answer."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field


class Refusal(Exception):
    """What AWS answers instead of doing it."""

    def __init__(self, code: str, message: str = "Told to.", status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


THROTTLED = Refusal("ThrottlingException", "Rate exceeded")


@dataclass(frozen=True, slots=True)
class Hold:
    """Where a call waits until it is released; `reached` is set once a call is there."""

    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def wait_here(self) -> None:
        """Hold the calling thread."""
        self.reached.set()
        self.released.wait()

    def await_call(self, seconds: float = 15) -> None:
        """Wait until a call is held here. Raises TimeoutError."""
        if not self.reached.wait(seconds):
            raise TimeoutError("no such call came")

    def release(self) -> None:
        """Let the call go on, and any later one pass."""
        self.released.set()


@dataclass(frozen=True, slots=True)
class Order:
    """How a call is treated, in this order: delayed, held, refused, executed, held again, answered or not."""

    delay_s: float = 0
    hold_before: Hold | None = None
    refusal: Refusal | None = None
    hold_after: Hold | None = None
    drops_answer: bool = False

    def before(self) -> None:
        """Up to where the call would be executed. Raises Refusal."""
        if self.delay_s:
            time.sleep(self.delay_s)
        if self.hold_before:
            self.hold_before.wait_here()
        if self.refusal:
            raise self.refusal

    def after(self) -> None:
        """From where it was executed to where it would be answered."""
        if self.hold_after:
            self.hold_after.wait_here()


PLAIN = Order()


class Bucket:
    """A token bucket, as AWS throttles: `size` at once, then `refill` a second."""

    def __init__(self, size: float, refill: float) -> None:
        self._size, self._refill = size, refill
        self._left, self._at = size, time.monotonic()

    def take(self) -> bool:
        """Take a token; False when there is none."""
        now = time.monotonic()
        self._left = min(self._size, self._left + (now - self._at) * self._refill)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Orders:
    """The orders given, by operation. Each counts for `times` calls, in the order given; without `times` for all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given: dict[str, deque[tuple[Order, int | None]]] = {}
        self._buckets: dict[str, Bucket] = {}
        self._holds: list[Hold] = []

    def give(self, operation: str, order: Order, *, times: int | None = None) -> None:
        """Treat the next calls of `operation` like that."""
        with self._lock:
            self._given.setdefault(operation, deque()).append((order, times))
            self._holds += [hold for hold in (order.hold_before, order.hold_after) if hold]

    def refuse(self, operation: str, code: str, *, status: int = 400, times: int | None = None) -> None:
        """Let the next calls of `operation` fail."""
        self.give(operation, Order(refusal=Refusal(code, status=status)), times=times)

    def hold(self, operation: str, *, executed: bool = False) -> Hold:
        """Hold the next call of `operation`: before it is executed, or when it was and its answer is due."""
        hold = Hold()
        self.give(operation, Order(hold_after=hold) if executed else Order(hold_before=hold), times=1)
        return hold

    def drop_answer(self, operation: str, *, times: int = 1) -> None:
        """Execute the next calls of `operation`, and close the connection without a word."""
        self.give(operation, Order(drops_answer=True), times=times)

    def limit(self, operation: str, *, size: float, refill: float) -> None:
        """Throttle `operation` as a quota of AWS does."""
        self._buckets[operation] = Bucket(size, refill)

    def take(self, operation: str) -> Order:
        """The order for a call that has come. Raises Refusal when its bucket is empty."""
        with self._lock:
            bucket = self._buckets.get(operation)
            if bucket and not bucket.take():
                raise THROTTLED
            given = self._given.get(operation)
            if not given:
                return PLAIN
            order, times = given[0]
            if times is not None:
                given.popleft()
                if times > 1:
                    given.appendleft((order, times - 1))
            return order

    def clear(self) -> None:
        """Forget all orders and let go of whatever is held."""
        with self._lock:
            self._given.clear()
            self._buckets.clear()
            for hold in self._holds:
                hold.release()
            self._holds.clear()
