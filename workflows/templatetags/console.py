"""How the pages write icons, times, durations and JSON. No queries here."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.template.defaultfilters import floatformat
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from workflows import json_text
from workflows.asl import documents
from workflows.failures import Failure, read_failure

register = template.Library()

FORMATS = {"full": "%-d %b %Y, %H:%M:%S UTC", "short": "%-d %b, %H:%M:%S", "clock": "%H:%M:%S.%f"}
LONGEST_JSON = 20_000


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """The icon `name` from the sprite; it says nothing to a screen reader, so write a label beside it."""
    where = f"{static('vendor/icons.svg')}#{name}"
    return format_html('<svg class="icon {}" aria-hidden="true"><use href="{}"></use></svg>', extra, where)


@register.simple_tag
def when(value: datetime | None, style: str = "full") -> SafeString:
    """A moment in UTC, which a script turns into the viewer's zone; an em dash when there is none."""
    if value is None:
        return format_html('<span class="text-secondary">{}</span>', "—")
    moment = value.astimezone(UTC)
    shown = moment.strftime(FORMATS[style])
    if style == "clock":
        shown = shown[:-3]
    exact = moment.isoformat(sep=" ", timespec="milliseconds").replace("+00:00", " UTC")
    iso = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return format_html('<time datetime="{}" data-style="{}" title="{}">{}</time>', iso, style, exact, shown)


@register.simple_tag
def lasted(begin: datetime | None, end: datetime | None) -> str:
    """How long it took from `begin` to `end`, in words; an em dash when either is missing."""
    return duration(end - begin) if begin and end else "—"


@register.filter
def breakable(name: str) -> SafeString:
    """A name with dots that may be broken behind each of them, and nowhere else before that."""
    first, *others = name.split(".")
    return format_html("{}{}", first, format_html_join("", ".<wbr>{}", ((one,) for one in others)))


@register.filter
def split(text: str) -> list[str]:
    """The words of a text, to go through them."""
    return text.split()


@register.filter
def duration(value: timedelta | None) -> str:
    """A length of time to three digits: 1.8 ms, 350 ms, 1.24 s, 2 min 5 s, 3 h 10 min."""
    if value is None:
        return "—"
    seconds = max(value.total_seconds(), 0.0)
    if seconds < 0.01:
        return f"{seconds * 1000:.2g} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, seconds = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


@register.filter
def pretty_json(text: str | None) -> SafeString:
    """JSON text indented and marked up; the first 20,000 characters of it, digit for digit."""
    pieces = json_text.tokens((text or "")[:LONGEST_JSON])
    return format_html_join("", "{}", ((_marked(kind, piece),) for kind, piece in pieces))


@register.filter
def has_lines(text: str | None) -> bool:
    """Whether it was written in lines, not as a program writes it."""
    return "\n" in (text or "").strip()


@register.filter
def numbered_json(text: str | None) -> SafeString:
    """JSON text as it was written, marked up, each line with an id; its first 20,000 characters."""
    lines = json_text.as_written((text or "")[:LONGEST_JSON].replace("\r\n", "\n"))
    marked = (format_html_join("", "{}", ((_marked(kind, piece),) for kind, piece in line)) for line in lines)
    return format_html_join("", '<span id="line-{}">{}</span>', enumerate(marked, 1))


@register.filter
def pretty_text(text: str | None) -> str:
    """JSON text indented, to be changed by hand; all of it, digit for digit."""
    return json_text.pretty(text or "")


@register.filter
def failure(text: str) -> Failure:
    """A cause in parts: what a function of Lambda said, and where; any other is a message alone."""
    return read_failure(text)


@register.filter
def exactly(value: Decimal | None) -> str:
    """A small amount with every digit it has, and none that it has not."""
    return "—" if value is None else format(value.normalize(), "f")


@register.filter
def measured(value: float | None, unit: str) -> str:
    """A value of a chart with its unit, as its axis has it: from a second on in seconds."""
    if value is None:
        return "—"
    if unit != "ms":
        return str(floatformat(value, "-1g"))
    return f"{floatformat(value, '-1g')} ms" if value < 1000 else f"{floatformat(round(value / 1000, 2), '-2g')} s"


@register.filter
def about(value: Decimal | None) -> str:
    """An amount as far as anybody reads it: cents, or where it is smaller four digits that say something."""
    if not value:
        return exactly(value)
    return exactly(round(value, max(2, 3 - value.adjusted())))


@register.filter
def as_json(value: Any) -> str:
    """A JSON value as one line of text."""
    return json.dumps(documents.plain(value), ensure_ascii=False, default=str)


@register.filter
def tells_value(test: Mapping[str, Any]) -> bool:
    """Whether the words of a comparison begin with the value seen, so that it need not be said twice."""
    return str(test.get("why", "")).startswith(f"{as_json(test.get('actual'))} ")


@register.filter
def is_long_json(text: str | None) -> bool:
    """Whether `pretty_json` leaves some of it out."""
    return len(text or "") > LONGEST_JSON


@register.filter
def plus(number: int, more: int) -> int:
    """Rules are counted from 0 in rows and from 1 on pages."""
    return number + more


def _marked(kind: str, piece: str) -> SafeString | str:
    if kind in ("space", "punctuation", "other"):
        return piece
    return format_html('<span class="json-{}">{}</span>', kind, piece)
