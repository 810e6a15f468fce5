"""What is typed to make or change a function: its configuration, and its files where they are few and small."""

import json
import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.http import QueryDict

from workflows import lines, packaging, sources, triggers
from workflows.forms.texts import LongText
from workflows.models import Function, FunctionRevision
from workflows.models.functions import NAME
from workflows.packaging import DefinitionProblem, FunctionDefinition, Package, Permission
from workflows.sources import CodeFile

RUNTIMES = ("python3.13", "python3.12", "python3.11", "nodejs22.x", "nodejs20.x", "ruby3.3", "java21", "dotnet8")
START = CodeFile("handler.py", b'def handler(event, context):\n    return {"received": event}\n')


class FunctionForm(forms.Form):
    """One revision being written. `base` is the number of the newest revision when it was begun."""

    name = forms.CharField(max_length=40, validators=[NAME])
    runtime = forms.CharField(
        max_length=32,
        validators=[RegexValidator(rf"^{packaging.RUNTIME.pattern}$", "This is no runtime of AWS Lambda.")],
    )
    handler = forms.CharField(
        max_length=128, validators=[RegexValidator(r"^\S+$", "File and function, such as handler.handler.")]
    )
    memory = forms.IntegerField(min_value=packaging.MEMORY_MB.start, max_value=packaging.MEMORY_MB.stop - 1)
    timeout = forms.IntegerField(min_value=packaging.TIMEOUT_S.start, max_value=packaging.TIMEOUT_S.stop - 1)
    environment = LongText(max_length=8_000, required=False)
    permissions = LongText(max_length=20_000, required=False)
    note = forms.CharField(max_length=200, required=False)
    base = forms.IntegerField(required=False, min_value=0, max_value=2**31)

    def __init__(
        self, data: Any = None, *, function: Function | None = None, triggers: Sequence[Any] = (), **more: Any
    ) -> None:
        super().__init__(data, **more)
        self._triggers = triggers  # changed on a page of their own
        if function is not None:
            del self.fields["name"]

    def clean_name(self) -> str:
        """A name that is not taken: a function that exists is changed on its own page."""
        name: str = self.cleaned_data["name"]
        if Function.objects.filter(name=name).exists():
            raise ValidationError("There is a function of this name. Change it on its own page, or choose another.")
        return name

    def clean_environment(self) -> dict[str, str]:
        """Variables as AWS takes them."""
        try:
            values = lines.read(self.cleaned_data["environment"])
        except lines.BadLine as problem:
            raise ValidationError(str(problem)) from problem
        if wrong := [name for name in values if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]+", name)]:
            raise ValidationError(f"AWS does not take “{wrong[0]}” as a name: a letter, then letters, digits and _.")
        return values

    def clean_permissions(self) -> tuple[Permission, ...]:
        """What the function may do in AWS."""
        text = self.cleaned_data["permissions"].strip()
        try:
            given = json.loads(text) if text else []
        except (json.JSONDecodeError, RecursionError) as problem:
            raise ValidationError(f"This is not JSON: {problem}.") from problem
        if not isinstance(given, list):
            raise ValidationError("This is a list of objects with actions and resources.")
        try:
            return tuple(packaging.read_permission("Permissions", one) for one in given)
        except DefinitionProblem as problem:
            raise ValidationError(f"{problem.message}.") from problem

    def definition_of(self, name: str) -> FunctionDefinition:
        """What was typed, as the service takes it; for a form that is valid."""
        given = self.cleaned_data
        settings = (given["runtime"], given["handler"], given["memory"], given["timeout"])
        kept = triggers.read_all(self._triggers)
        return FunctionDefinition(name, *settings, given["environment"], given["permissions"], kept)


def blank() -> dict[str, Any]:
    """What a new function starts from."""
    return {"runtime": "python3.12", "handler": "handler.handler", "memory": 128, "timeout": 10}


def of_revision(revision: FunctionRevision, newest: int) -> dict[str, Any]:
    """The same as typed; `newest` is the number of the newest revision there is."""
    return {
        "runtime": revision.runtime,
        "handler": revision.handler,
        "memory": revision.memory_mb,
        "timeout": revision.timeout_s,
        "environment": lines.write(revision.environment),
        "permissions": json.dumps(revision.permissions, indent=2) if revision.permissions else "",
        "base": newest,
    }


# ---- files


def typed_files(post: QueryDict, known: list[CodeFile]) -> list[CodeFile]:
    """The files as typed: those without a name are left out, and what is not text stays as it was unless dropped."""
    by_name = {file.name: file for file in known}
    files = [
        by_name.get(was, CodeFile(name, b"")).with_text(name.strip(), text)
        for was, name, text in zip(
            post.getlist("file-was"), post.getlist("file-name"), post.getlist("file-text"), strict=False
        )
        if name.strip()
    ]
    dropped = set(post.getlist("drop"))
    return files + [file for file in known if file.text is None and file.name not in dropped]


def package_of(files: list[CodeFile] | None, revision: FunctionRevision | None) -> Package:
    """The package of what was typed; that of `revision` where it cannot be typed. Raises DefinitionProblem."""
    if files is None and revision is not None:
        return Package(bytes(revision.package), revision.package_sha256)
    return sources.pack(files or [])
