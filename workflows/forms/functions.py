"""What is typed to make or change a function: its configuration, and its files where they are few and small."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from workflows import archives, beginnings, lines, packaging, runtimes, sources, triggers, variables
from workflows.forms.texts import LongText, rule
from workflows.models import Function, FunctionRevision
from workflows.packaging import DefinitionProblem, FunctionDefinition, Package, Permission
from workflows.sources import CodeFile

LARGEST_UPLOAD = archives.LARGEST_ZIPPED
Value = TypeVar("Value")


def _within(allowed: range, *, required: bool = True) -> forms.IntegerField:
    said = f"From {allowed.start:,} to {allowed.stop - 1:,}."
    words = {"min_value": said, "max_value": said, "invalid": f"A whole number is wanted. {said}"}
    return forms.IntegerField(
        min_value=allowed.start, max_value=allowed.stop - 1, required=required, error_messages=words
    )


class FunctionForm(forms.Form):
    """One revision being written. `base` is the number of the newest revision when it was begun."""

    name = forms.CharField(validators=[rule("name", packaging.NAME)])
    runtime = forms.CharField(
        max_length=32,
        validators=[rule("runtime", runtimes.PATTERN)],
    )
    handler = forms.CharField(max_length=128, validators=[rule("handler", packaging.HANDLER)])
    memory = _within(packaging.MEMORY_MB)
    timeout = _within(packaging.TIMEOUT_S)
    architecture = forms.ChoiceField(choices=[(one, one) for one in runtimes.ARCHITECTURES], required=False)
    storage = _within(packaging.STORAGE_MB, required=False)
    concurrency = _within(packaging.CONCURRENCY, required=False)
    layers = LongText(max_length=2_000, required=False)
    dead_letter = forms.CharField(
        max_length=300,
        required=False,
        validators=[rule("dead_letter", packaging.DEAD_LETTER_ARN)],
    )
    on_failure = forms.CharField(
        max_length=400,
        required=False,
        validators=[rule("on_failure", packaging.ON_FAILURE_ARN)],
    )
    role = forms.CharField(
        max_length=600,
        required=False,
        validators=[rule("role", packaging.ROLE_ARN)],
    )
    tags = LongText(max_length=20_000, required=False)
    package = forms.FileField(required=False)
    environment = LongText(max_length=8_000, required=False)
    permissions = LongText(max_length=20_000, required=False)
    note = forms.CharField(max_length=200, required=False)
    base = forms.IntegerField(required=False, min_value=0, max_value=2**31)

    def __init__(self, data: Any = None, *, start: FunctionRevision | None = None, **more: Any) -> None:
        super().__init__(data, **more)
        self._start = start
        if start is not None:
            del self.fields["name"]

    @property
    def seldom_is_open(self) -> bool:
        """Whether something that few functions need is filled in, or wrong."""
        names = ("concurrency", "layers", "dead_letter", "on_failure", "role", "tags")
        return any(self[name].errors or self[name].value() not in (None, "") for name in names)

    def clean_name(self) -> str:
        """A name that is not taken: a function that exists is changed on its own page."""
        name: str = self.cleaned_data["name"]
        if Function.objects.filter(name=name, deleted_at=None).exists():
            raise ValidationError("There is a function of this name. Change it on its own page, or choose another.")
        return name

    def clean_environment(self) -> dict[str, str]:
        """Variables as AWS takes them; a value that stayed masked is the one it was."""
        values = variables.typed(
            _read(self.cleaned_data["environment"]), self._start.environment if self._start else {}
        )
        return _checked(values, packaging.check_environment(values))

    def clean_tags(self) -> dict[str, str]:
        """Tags as AWS takes them."""
        tags = _read(self.cleaned_data["tags"])
        return _checked(tags, packaging.check_tags(tags))

    def clean_layers(self) -> tuple[str, ...]:
        """One ARN a line."""
        arns = tuple(self.cleaned_data["layers"].split())
        return _checked(arns, packaging.check_layers(arns))

    def clean_package(self) -> bytes | None:
        """A zip that may be taken; nothing where none was chosen."""
        upload = self.cleaned_data["package"]
        if upload is None:
            return None
        if upload.size > LARGEST_UPLOAD:
            raise ValidationError(f"It has {upload.size:,} bytes; AWS takes at most {LARGEST_UPLOAD:,} this way.")
        content: bytes = upload.read()
        try:
            archives.check(content)
        except DefinitionProblem as problem:
            raise ValidationError(f"{problem}.") from problem
        return content

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
        return FunctionDefinition(
            name=name,
            runtime=given["runtime"],
            handler=given["handler"],
            memory=given["memory"],
            timeout=given["timeout"],
            environment=given["environment"],
            permissions=given["permissions"],
            triggers=triggers.read_all(self._start.triggers if self._start else ()),  # changed on a page of their own
            architecture=given["architecture"] or runtimes.ARCHITECTURES[0],
            layers=given["layers"],
            storage=given["storage"] or packaging.STORAGE_MB.start,
            concurrency=given["concurrency"],
            dead_letter=given["dead_letter"],
            on_failure=given["on_failure"],
            role=given["role"],
            tags=given["tags"],
        )


def _read(text: str) -> dict[str, str]:
    try:
        return lines.read(text)
    except lines.BadLine as problem:
        raise ValidationError(str(problem)) from problem


def _checked(value: Value, problem: str) -> Value:
    if problem:
        raise ValidationError(f"{problem}.")
    return value


def blank(runtime: str, name: str) -> dict[str, Any]:
    """What a new function of this runtime starts from."""
    return {
        "name": name,
        "runtime": runtime,
        "handler": beginnings.of(runtime).handler,
        "memory": 128,
        "timeout": 10,
        "architecture": runtimes.ARCHITECTURES[0],
        "storage": packaging.STORAGE_MB.start,
    }


def of_revision(revision: FunctionRevision, newest: int, *, may_reveal: bool) -> dict[str, Any]:
    """The same as typed; `newest` is the number of the newest revision there is."""
    return {
        "runtime": revision.runtime,
        "handler": revision.handler,
        "memory": revision.memory_mb,
        "timeout": revision.timeout_s,
        "architecture": revision.architecture,
        "storage": revision.storage_mb,
        "concurrency": revision.concurrency,
        "layers": "\n".join(revision.layers),
        "dead_letter": revision.dead_letter_arn,
        "on_failure": revision.on_failure_arn,
        "role": revision.custom_role_arn,
        "tags": lines.write(revision.tags),
        "environment": lines.write(variables.shown(revision.environment, may_reveal=may_reveal)),
        "permissions": json.dumps(revision.permissions, indent=2) if revision.permissions else "",
        "base": newest,
    }


# ---- files


def typed_rows(post: QueryDict) -> Iterator[tuple[str, str, str]]:
    """Of each file in the page what it was called, what it is called now, and its text."""
    names = ("file-was", "file-name", "file-text")
    return zip(*(post.getlist(name) for name in names), strict=False)


def typed_files(post: QueryDict, known: list[CodeFile]) -> list[CodeFile]:
    """The files as typed: those without a name are left out, and what is not text stays as it was unless dropped."""
    by_name = {file.name: file for file in known}
    files = [
        by_name.get(was, CodeFile(name, b"")).with_text(name.strip(), text)
        for was, name, text in typed_rows(post)
        if name.strip()
    ]
    dropped = set(post.getlist("drop"))
    return files + [file for file in known if file.text is None and file.name not in dropped]


def package_of(uploaded: bytes | None, files: list[CodeFile] | None, revision: FunctionRevision | None) -> Package:
    """What was uploaded, else the package of what was typed, else that of `revision`. Raises DefinitionProblem."""
    if uploaded is not None:
        return Package(uploaded, hashlib.sha256(uploaded).hexdigest())
    if files is None and revision is not None:
        return Package(bytes(revision.package), revision.package_sha256)
    return sources.pack(files or [])
