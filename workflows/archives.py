"""PURE: whether a zip may be taken as a function's package. Looks before it unpacks, and writes nothing anywhere."""

import io
import posixpath
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence

from workflows.packaging import LARGEST_UNPACKED, MOST_FILES, DefinitionProblem

LARGEST_ZIPPED = 50 * 1024 * 1024  # what AWS takes of a zip that is sent along with the call
LONGEST_NAME = 255  # bytes, of Linux
_END = b"PK\x05\x06"
_ENTRY = b"PK\x01\x02"
_END_FIELDS = struct.Struct("<4s4H2LH")
_FARTHEST_END = _END_FIELDS.size + 0xFFFF  # a comment may follow it
_UTF8 = 0x800
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_PIECE = 1 << 20


def check(content: bytes, *, may_nest: bool = False) -> None:
    """Pass for a zip that Lambda could use and that is safe to unpack. Raises DefinitionProblem, naming the entry.

    `may_nest`: it is no package of code but carries such.
    """
    if len(content) > LARGEST_ZIPPED:
        raise _problem(f"it has {len(content):,} bytes; AWS takes at most {LARGEST_ZIPPED:,} this way")
    _check_count(content)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except UnicodeDecodeError as error:
        raise _problem("the name of a file in it is not UTF-8") from error
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        raise _problem("this is not a zip file, or it is cut off") from error
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
        raise _problem("it holds more than 250 MB unpacked")
    for entry in entries:
        _check_entry(entry, may_nest=may_nest)
    _check_names([entry.filename for entry in entries])
    for entry in entries:
        _check_content(archive, entry)


def names(content: bytes) -> list[str]:
    """The files of a package that passed `check`; folders left out."""
    return [entry.filename for entry in zipfile.ZipFile(io.BytesIO(content)).infolist() if not entry.is_dir()]


def _check_count(content: bytes) -> None:
    """Count the entries by their marks, before a reader makes an object of each."""
    end = content.rfind(_END, max(0, len(content) - _FARTHEST_END))
    if end < 0 or len(content) < end + _END_FIELDS.size:
        raise _problem("this is not a zip file, or it is cut off")
    size = _END_FIELDS.unpack_from(content, end)[5]
    if content.count(_ENTRY, max(0, end - size), end) > MOST_FILES:
        raise _problem(f"it holds more than {MOST_FILES:,} files")


def _check_entry(entry: zipfile.ZipInfo, *, may_nest: bool) -> None:
    name, kind = entry.orig_filename, stat.S_IFMT(entry.external_attr >> 16)
    if not entry.flag_bits & _UTF8 and not name.isascii():
        raise DefinitionProblem(name, "its name is not UTF-8")
    if any(ord(character) < 32 for character in name) or "\\" in name:
        raise DefinitionProblem(name, "a name has neither control characters nor backslashes")
    if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
        raise DefinitionProblem(name, "paths in a package stay inside it")
    if kind and not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        raise DefinitionProblem(name, "a package holds files and folders only: no links, no devices")
    if entry.flag_bits & _ENCRYPTED:
        raise DefinitionProblem(name, "it is encrypted; Lambda cannot read it")
    if entry.compress_type not in _METHODS:
        raise DefinitionProblem(name, "it is compressed in a way Lambda cannot read: use deflate")
    if name.lower().endswith(".zip") and not may_nest:
        raise DefinitionProblem(name, "a zip inside the zip is not unpacked: put its files here instead")


def _check_names(found: Sequence[str]) -> None:
    if not any(not name.endswith("/") for name in found):
        raise _problem("there is no file in it")
    seen = set[str]()
    for name in found:
        unpacked = posixpath.normpath(name)  # ./a and a//b are a and a/b once they are unpacked
        if unpacked in seen:
            raise DefinitionProblem(name, "there are two of this name")
        if any(len(part.encode()) > LONGEST_NAME for part in unpacked.split("/")):
            raise DefinitionProblem(f"{name[:40]}…", f"no file system takes a name of more than {LONGEST_NAME} bytes")
        seen.add(unpacked)
    files = {posixpath.normpath(name) for name in found if not name.endswith("/")}
    for name in found:
        parts = posixpath.normpath(name).split("/")
        if above := files.intersection("/".join(parts[:depth]) for depth in range(1, len(parts))):
            raise DefinitionProblem(name, f"{above.pop()} is a file, and cannot be a folder too")


def _check_content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Read it to its end: its check sum and its length are what the zip says."""
    try:
        with archive.open(entry) as opened:
            while opened.read(_PIECE):
                pass
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError) as error:
        raise DefinitionProblem(entry.orig_filename, "it is damaged: its check sum or length is not right") from error


def _problem(message: str) -> DefinitionProblem:
    return DefinitionProblem("package", message)
