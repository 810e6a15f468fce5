"""PURE: the files of a function's package, to be changed one by one and packed again. Writes nothing to disk."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

from workflows import archives, packaging
from workflows.packaging import DefinitionProblem, Package

MOST_FILES = 30
LARGEST = 512 * 1024  # of all files together: what a page can hold

NO_NAME = "a file's name is a path inside the package, such as handler.py"


@dataclass(frozen=True, slots=True)
class CodeFile:
    """One file of a package."""

    name: str
    content: bytes
    is_executable: bool = False

    @property
    def text(self) -> str | None:
        """Its text; None where it is not text."""
        try:
            return None if b"\0" in self.content else self.content.decode()
        except UnicodeDecodeError:
            return None

    @property
    def suffix(self) -> str:
        """What its name ends with, such as py."""
        return PurePosixPath(self.name).suffix.removeprefix(".").lower()

    def with_text(self, name: str, text: str) -> "CodeFile":
        """The same file as it was typed; its bytes stay where only line ends differ, which browsers make alike."""
        is_same = self.text is not None and _ends_alike(self.text) == _ends_alike(text)
        return CodeFile(name, self.content if is_same else _ends_alike(text).encode(), self.is_executable)


def unpack(content: bytes) -> list[CodeFile] | None:
    """The files of a zip; None where there are too many, or they are too large, to be changed on a page."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) > MOST_FILES or sum(member.file_size for member in members) > LARGEST:
            return None
        return [_read(archive, member) for member in members]
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return None


def pack(files: list[CodeFile]) -> Package:
    """A package of these files, the same bytes for the same files in whatever order. Raises DefinitionProblem."""
    names = [file.name for file in files]
    if not files:
        raise DefinitionProblem("files", "a package needs at least one file")
    if doubled := [name for name in names if names.count(name) > 1]:
        raise DefinitionProblem(doubled[0], "there are two files of this name")
    for name in names:
        if not name or name != name.strip() or "\\" in name or not all(_parts(name)):
            raise DefinitionProblem(name or "(no name)", NO_NAME)
    if len(files) > MOST_FILES or sum(len(file.content) for file in files) > LARGEST:
        raise DefinitionProblem("files", f"at most {MOST_FILES} files and {LARGEST // 1024} KB; load more by command")
    package = packaging.zip_of((file.name, file.content, file.is_executable) for file in files)
    archives.check(package.content)
    return package


def _parts(name: str) -> list[bool]:
    return [part not in ("", ".", "..") for part in name.split("/")]


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> CodeFile:
    with archive.open(member) as opened:
        content = opened.read(LARGEST)
    return CodeFile(member.filename, content, is_executable=bool(member.external_attr >> 16 & 0o100))


def _ends_alike(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
