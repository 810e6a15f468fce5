"""What changed between two texts, line by line, with what did not change left out far from a change. No markup here."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

AROUND = 3  # unchanged lines shown beside a change
MOST_LINES = 5_000  # of each text: comparing takes time by the square

Kind = Literal["same", "added", "removed", "skipped"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison; a "skipped" one stands for unchanged lines and says how many."""

    kind: Kind
    text: str

    @property
    def sign(self) -> str:
        """What stands before it."""
        return {"same": " ", "added": "+", "removed": "−", "skipped": "⋯"}[self.kind]


def compare(before: str, after: str) -> list[Line]:
    """The lines of both texts in order; none where the texts are the same. Only the first 5,000 of each are read."""
    old, new = before.splitlines()[:MOST_LINES], after.splitlines()[:MOST_LINES]
    if old == new:
        return []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return list(_lines(matcher, old, new))


def _lines(matcher: difflib.SequenceMatcher[str], old: list[str], new: list[str]) -> Iterator[Line]:
    shown_to = 0
    for group in matcher.get_grouped_opcodes(AROUND):
        yield from _skipped(old[shown_to : group[0][1]])
        for kind, old_from, old_to, new_from, new_to in group:
            if kind == "equal":
                yield from (Line("same", text) for text in old[old_from:old_to])
                continue
            yield from (Line("removed", text) for text in old[old_from:old_to])
            yield from (Line("added", text) for text in new[new_from:new_to])
        shown_to = group[-1][2]
    yield from _skipped(old[shown_to:])


def _skipped(lines: list[str]) -> Iterator[Line]:
    """One line takes no more room than saying that it is left out."""
    if len(lines) > 1:
        yield Line("skipped", f"{len(lines):,} unchanged lines")
    else:
        yield from (Line("same", text) for text in lines)
