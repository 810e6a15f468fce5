"""PURE: what is carried in one file, and reading such a file, whatever its form. Writes nothing anywhere."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from workflows import archives, inputs
from workflows.exchange.carried import Bundle, Carried, NotTaken
from workflows.exchange.documents import FORMAT, of_document
from workflows.exchange.reading import read_template
from workflows.packaging import DefinitionProblem

LARGEST = 20 * 1024 * 1024  # of the file, and of all that is in it
TEMPLATES = ("template.json", "signalbox.json")
YAML = ("template.yaml", "template.yml")
NO_YAML = "YAML is not read here: turn the template into JSON first, such as with `yq -o json template.yaml`"

__all__ = ["LARGEST", "Bundle", "Carried", "NotTaken", "read"]


def read(content: bytes) -> Bundle:
    """What an uploaded file holds: a SAM template, our own JSON, or a zip with either and the code. Raises NotTaken."""
    if len(content) > LARGEST:
        raise NotTaken(f"It has {len(content):,} bytes; at most {LARGEST:,} are taken.")
    files = _unpacked(content) if content.startswith(b"PK") else {}
    text = _template(files) if files else content
    value = _read(text)
    if FORMAT in value:
        return of_document(value)
    if "Resources" not in value:
        raise NotTaken(
            f"It is neither an AWS SAM template (`Resources` is missing) nor an export (`{FORMAT}` is missing)."
        )
    return read_template(value, files)


def _unpacked(content: bytes) -> dict[str, bytes]:
    """The files of a zip; a folder that holds all of it is taken off their names."""
    try:
        archives.check(content, may_nest=True)
    except DefinitionProblem as problem:
        raise NotTaken(f"{problem}.") from problem
    archive = zipfile.ZipFile(io.BytesIO(content))
    members = [one for one in archive.infolist() if not one.is_dir()]
    if sum(one.file_size for one in members) > LARGEST:
        raise NotTaken(f"Unpacked it has more than {LARGEST:,} bytes.")
    files = {one.filename: archive.read(one) for one in members}
    tops = {name.partition("/")[0] for name in files}
    if len(tops) == 1 and all("/" in name for name in files):
        return {name.partition("/")[2]: content for name, content in files.items()}
    return files


def _template(files: Mapping[str, bytes]) -> bytes:
    for name in TEMPLATES:
        if name in files:
            return files[name]
    if any(name in files for name in YAML):
        raise NotTaken(f"{NO_YAML}.")
    raise NotTaken(f"There is neither {' nor '.join(TEMPLATES)} in the zip.")


def _read(text: bytes) -> Mapping[str, Any]:
    try:
        value = inputs.read(text)
    except inputs.InputProblem as problem:
        is_yaml = text.lstrip()[:1] not in (b"{", b"[")
        raise NotTaken(f"{problem.message}{f' {NO_YAML}.' if is_yaml else ''}") from problem
    if not isinstance(value, Mapping):
        raise NotTaken("A JSON object is wanted.")
    return value
