"""JSON text laid out for reading: digits, key order and repeated keys stay as they are. PURE: it makes no values."""

import re
from collections.abc import Iterator

INDENT = "  "
TOKEN = re.compile(r'("(?:[^"\\]|\\.)*"?)(\s*:)?|(-?\d[\d.eE+-]*)|(true|false|null)|([{}\[\],])|\s+|(.)', re.DOTALL)
KINDS = {3: "number", 4: "literal"}
OPENERS, CLOSERS = "{[", "}]"


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """Pairs (kind, text) that joined give `text` indented by two blanks.

    Kinds: key, string, number, literal, punctuation, space, other. Text that is not JSON comes through as other.
    """
    depth, previous = 0, ""
    for kind, piece in _pieces(text):
        if piece in CLOSERS and kind == "punctuation":
            depth = max(0, depth - 1)
        yield from _gap(previous, piece, kind, depth)
        yield kind, piece
        if kind == "key":
            yield "punctuation", ": "
        if piece in OPENERS and kind == "punctuation":
            depth += 1
        previous = piece if kind == "punctuation" else "value"


def as_written(text: str) -> list[list[tuple[str, str]]]:
    """The same kinds of pieces, line by line, joined exactly what was written."""
    lines: list[list[tuple[str, str]]] = [[]]
    for kind, piece in _all_pieces(text):
        first, *others = piece.split("\n")
        lines[-1].append((kind, first))
        lines += [[(kind, other)] for other in others]
    return lines


def pretty(text: str) -> str:
    """The text indented by two blanks."""
    return "".join(piece for _, piece in tokens(text))


def _gap(previous: str, piece: str, kind: str, depth: int) -> Iterator[tuple[str, str]]:
    is_closer = kind == "punctuation" and piece in CLOSERS
    if previous in ("{", "[", ",") and previous:
        if not (is_closer and previous in OPENERS):
            yield "space", "\n" + INDENT * depth
    elif is_closer:
        yield "space", "\n" + INDENT * depth


def _all_pieces(text: str) -> Iterator[tuple[str, str]]:
    """With the blanks between them."""
    for match in TOKEN.finditer(text):
        if match[1] is not None and match[2]:
            yield from (("key", match[1]), ("punctuation", match[2]))
        elif match.lastindex is None:
            yield "space", match[0]
        else:
            yield from _pieces(match[0])


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    for match in TOKEN.finditer(text):
        if match[1] is not None:
            yield ("key" if match[2] else "string"), match[1]
        elif match[5] is not None:
            yield "punctuation", match[5]
        elif match[6] is not None:
            yield "other", match[6]
        elif match.lastindex in KINDS:
            yield KINDS[match.lastindex], match[0]
