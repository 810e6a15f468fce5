"""PURE: the REPORT line that Lambda writes at the end of an invocation."""

import re
from dataclasses import dataclass
from decimal import Decimal

_FIGURE = re.compile(r"(Duration|Billed Duration|Memory Size|Max Memory Used|Init Duration): ([\d.]{1,14}) (?:ms|MB)")


@dataclass(frozen=True, slots=True)
class Report:
    """Its figures; None for those it does not have. `init_ms` is only there after a cold start."""

    duration_ms: Decimal | None = None
    billed_ms: int | None = None
    memory_size_mb: int | None = None
    memory_mb: int | None = None
    init_ms: Decimal | None = None


def read(log: str) -> Report:
    """The last REPORT line of a log's tail; no figures where there is none."""
    line = next((line for line in reversed(log.splitlines()) if line.startswith("REPORT RequestId:")), "")
    found = {name: Decimal(text) for name, text in _FIGURE.findall(line) if text.count(".") < 2}
    return Report(
        found.get("Duration"),
        _whole(found.get("Billed Duration")),
        _whole(found.get("Memory Size")),
        _whole(found.get("Max Memory Used")),
        found.get("Init Duration"),
    )


def _whole(figure: Decimal | None) -> int | None:
    return None if figure is None else int(figure)
