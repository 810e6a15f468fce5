"""PURE: EventBridge's cron expressions, which have six fields, in UTC.

The rule: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

import re
from dataclasses import dataclass

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True, slots=True)
class _Field:
    """One of the six; `special` is what it takes beside numbers, names, ranges and steps."""

    title: str
    least: int
    most: int
    names: tuple[str, ...] = ()
    special: str = ""

    def takes(self, text: str) -> bool:
        return all(self._takes_one(part) for part in text.upper().split(","))

    def _takes_one(self, part: str) -> bool:
        if self.special and re.fullmatch(self.special, part):
            return True
        whole, slash, step = part.partition("/")
        if slash and not (step.isdecimal() and int(step) > 0):
            return False
        first, dash, last = whole.partition("-")
        if not dash:
            return whole == "*" or self._number(whole) is not None
        begin, end = self._number(first), self._number(last)
        return begin is not None and end is not None

    def _number(self, text: str) -> int | None:
        if text in self.names:
            return self.least + self.names.index(text)
        return int(text) if text.isdecimal() and self.least <= int(text) <= self.most else None


FIELDS = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day of month", 1, 31, special=r"\?|L|LW|([1-9]|[12]\d|3[01])W"),
    _Field("month", 1, 12, MONTHS),
    _Field("day of week", 1, 7, DAYS, rf"\?|L|([1-7]|{'|'.join(DAYS)})(L|#[1-5])"),
    _Field("year", 1970, 2199),
)


def problem_of(expression: str) -> str:
    """Why AWS would not take `cron(...)`, in words; empty where it would."""
    texts = expression.removeprefix("cron(").removesuffix(")").split()
    if len(texts) != len(FIELDS):
        said = ", ".join(one.title for one in FIELDS)
        return f"A cron expression has six fields: {said}. This has {len(texts)}."
    for field, text in zip(FIELDS, texts, strict=True):
        if not field.takes(text):
            names = f" or {field.names[0]} to {field.names[-1]}" if field.names else ""
            return f"“{text}” is no {field.title} of a cron expression: {field.least} to {field.most}{names}."
    if (texts[2], texts[4]).count("?") != 1:
        return "AWS wants ? as the day of month or as the day of week: exactly one of them."
    return ""
