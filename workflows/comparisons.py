"""What changed from one revision to another, part by part, for pages and API alike. Reads only, without markup."""

import contextlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from workflows import diffs, lines, selectors, triggers, variables
from workflows.diffs import Kind, Line
from workflows.models import FunctionRevision, WorkflowRevision

MADE = "made for it"
NAMES_OF_ENDS = {"\r\n": "CR LF", "\r": "CR", "\n": "LF"}
MOST_SHOWN, MOST_NAMED = 50, 500  # changed files: line by line; by name and size


@dataclass(frozen=True, slots=True)
class Part:
    """A part that is not the same in both, with the lines of both."""

    title: str
    lines: list[Line]


def of_workflows(before: WorkflowRevision, after: WorkflowRevision) -> list[Part]:
    """Definition, type, input schema, keys, references and role."""
    return _differing(
        ("Definition", before.definition, after.definition),
        ("Type", before.get_type_display(), after.get_type_display()),
        ("Input schema", before.input_schema, after.input_schema),
        ("Business keys", lines.write(before.keys), lines.write(after.keys)),
        ("References", _references(before), _references(after)),
        ("Role", before.custom_role_arn or MADE, after.custom_role_arn or MADE),
    )


def of_functions(before: FunctionRevision, after: FunctionRevision, *, may_reveal: bool) -> list[Part]:
    """Configuration, and file by file, shown or not; values of variables only for who may see them."""
    given = variables.compared(before.environment, after.environment, may_reveal=may_reveal)
    old, new = (_configuration(one, values) for one, values in zip((before, after), given, strict=True))
    return [*_differing(("Configuration", old, new)), *_of_code(bytes(before.package), bytes(after.package))]


def _differing(*texts: tuple[str, str, str]) -> list[Part]:
    parts = (Part(title, diffs.compare(before, after)) for title, before, after in texts)
    return [part for part in parts if part.lines]


def _references(revision: WorkflowRevision) -> str:
    return "Each is taken once" if revision.unique_references else "May be the same"


@dataclass(frozen=True, slots=True)
class _Packed:
    """A file in a package: equal where nothing of it changed."""

    size: int
    crc: int
    is_executable: bool

    def __str__(self) -> str:
        mode = ", executable" if self.is_executable else ""
        return f"{self.size:,} bytes{mode}, CRC-32 {self.crc:08x}"


def _of_code(before: bytes, after: bytes) -> Iterator[Part]:
    """Every file that is not the same in both, the first of them line by line."""
    with _opened(before) as old, _opened(after) as new:
        was, is_now = _packed(old), _packed(new)
        changed = [name for name in sorted(was | is_now) if was.get(name) != is_now.get(name)]
        for place, name in enumerate(changed[:MOST_NAMED]):
            texts = (_text(old, name, was), _text(new, name, is_now)) if place < MOST_SHOWN else (None, None)
            shown = _lines_of(*texts)
            beside = _beside_lines(texts, was.get(name), is_now.get(name), is_told=bool(shown))
            yield Part(name, [*shown, *beside])
        if len(changed) > MOST_NAMED:
            yield Part("Code", [Line("skipped", f"{len(changed) - MOST_NAMED:,} more changed files")])


def _opened(package: bytes) -> zipfile.ZipFile:
    with contextlib.suppress(zipfile.BadZipFile):
        return zipfile.ZipFile(io.BytesIO(package))
    return zipfile.ZipFile(io.BytesIO(), "w")  # which holds nothing


def _packed(package: zipfile.ZipFile) -> dict[str, _Packed]:
    return {
        one.filename: _Packed(one.file_size, one.CRC, bool(one.external_attr >> 16 & 0o100))
        for one in package.infolist()
        if not one.is_dir()
    }


def _text(package: zipfile.ZipFile, name: str, files: Mapping[str, _Packed]) -> str | None:
    """What it says, nothing where there is none; None where it is no text, or too long to be shown."""
    if name not in files:
        return ""
    if files[name].size > selectors.LONGEST_FILE or b"\0" in (content := package.read(name)):
        return None
    return content.decode(errors="replace")


def _lines_of(before: str | None, after: str | None) -> list[Line]:
    return [] if before is None or after is None else diffs.compare(before, after)


def _beside_lines(
    texts: tuple[str | None, str | None], before: _Packed | None, after: _Packed | None, *, is_told: bool
) -> Iterator[Line]:
    """What lines do not tell: all of what is not shown, other ends of lines, that it is executable or is no more."""
    modes = {one.is_executable for one in (before, after) if one}
    ends = {_ends(text) for text, one in zip(texts, (before, after), strict=True) if one}
    if is_told and (modes == {False} or (len(modes) == 1 and before and after)) and len(ends) == 1:
        return
    for kind, text, one in (("removed", texts[0], before), ("added", texts[1], after)):
        if one:
            yield Line(cast("Kind", kind), f"{one}{', ' + told if (told := _ends(text)) and len(ends) > 1 else ''}")


def _ends(text: str | None) -> str:
    """How its lines end, in words; nothing of what is not shown."""
    if text is None:
        return ""
    found = sorted({NAMES_OF_ENDS[one] for one in re.findall(r"\r\n|\r|\n", text)})
    last = "" if text.endswith(("\n", "\r")) or not text else ", none at the end"
    return f"lines end with {' and '.join(found) or 'nothing'}{last}" if text else ""


def _configuration(revision: FunctionRevision, environment: Mapping[str, str]) -> str:
    settings = {
        "runtime": revision.runtime,
        "handler": revision.handler,
        "architecture": revision.architecture,
        "memory": f"{revision.memory_mb} MB",
        "timeout": f"{revision.timeout_s} s",
        "ephemeral storage": f"{revision.storage_mb} MB",
        "reserved concurrency": "none" if revision.concurrency is None else str(revision.concurrency),
        "dead-letter target": revision.dead_letter_arn or "none",
        "on-failure destination": revision.on_failure_arn or "none",
        "role": revision.custom_role_arn or MADE,
    }
    layers = {f"layer {n}": arn for n, arn in enumerate(revision.layers, 1)}
    tags = {f"tag {name}": value for name, value in revision.tags.items()}
    given = {f"environment {name}": value for name, value in environment.items()}
    allowed = {
        f"may {', '.join(permission['actions'])}": ", ".join(permission["resources"])
        for permission in revision.permissions
    }
    called = {
        f"trigger {trigger.key}": json.dumps(trigger.as_dict()) for trigger in triggers.read_all(revision.triggers)
    }
    return lines.write(settings | layers | tags | given | allowed | called)
