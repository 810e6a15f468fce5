"""The runtimes offered are those AWS knows, and each finds its handler where it looks for it."""

from typing import Any

import boto3
import pytest

from workflows import runtimes

PYTHON = {"handler.py", "lib/deep.py", "package/__init__.py"}


def test_every_runtime_offered_is_one_of_awss() -> None:
    shape: Any = boto3.client("lambda", region_name="us-east-1").meta.service_model.shape_for("Runtime")
    known = set(shape.enum)
    newer = {name for name in runtimes.NAMES if name not in known}
    # boto3 may be older than what is offered; what it does know must be spelt so.
    assert len(newer) <= 6
    assert all(runtimes.PATTERN.fullmatch(name) for name in runtimes.NAMES)


@pytest.mark.parametrize("name", ["python3.9", "python2.7", "nodejs18.x", "go1.x", "java8", "provided", "cobol"])
def test_what_aws_has_given_up_is_not_taken(name: str) -> None:
    assert not runtimes.PATTERN.fullmatch(name)


@pytest.mark.parametrize(
    ("runtime", "handler", "files"),
    [
        ("python3.13", "handler.handler", PYTHON),
        ("python3.13", "lib/deep.run", PYTHON),
        ("python3.13", "lib.deep.run", PYTHON),
        ("python3.13", "package.run", PYTHON),
        ("nodejs22.x", "index.handler", {"index.mjs"}),
        ("nodejs22.x", "src/index.handler", {"src/index.js"}),
        ("ruby3.4", "function.Module.run", {"function.rb"}),
        ("java21", "example.Handler::run", {"example/Handler.class"}),
        ("java21", "example.Handler", {"lib/all.jar"}),
        ("dotnet8", "Name::Space.Class::Run", {"Name.dll"}),
        ("provided.al2023", "anything", {"bootstrap"}),
    ],
)
def test_a_handler_is_found(runtime: str, handler: str, files: set[str]) -> None:
    assert runtimes.missing_handler(runtime, handler, files) is None


@pytest.mark.parametrize(
    ("runtime", "handler", "files", "missing"),
    [
        ("python3.13", "main.handler", PYTHON, "main.py"),
        ("python3.13", "handler", PYTHON, "name in the handler handler"),
        ("nodejs22.x", "index.handler", {"index.py"}, "index.js"),
        ("ruby3.4", "function.run", {"other.rb"}, "function.rb"),
        ("java21", "example.Handler", {"Handler.java"}, ".class or .jar"),
        ("dotnet8", "Name::Space.Class::Run", {"Name.cs"}, ".dll"),
        ("provided.al2023", "anything", {"main"}, "bootstrap"),
    ],
)
def test_a_missing_one_is_named(runtime: str, handler: str, files: set[str], missing: str) -> None:
    assert missing in str(runtimes.missing_handler(runtime, handler, files))


@pytest.mark.parametrize(
    ("runtime", "handler", "said"),
    [
        ("java21", "example.Handler", "file that ends with .class or .jar"),
        ("python3.13", "nope.handler", "nope.py, where nope.handler should be"),
        ("provided.al2023", "anything", "bootstrap, the program that provided.al2023 starts"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(runtime: str, handler: str, said: str) -> None:
    assert runtimes.missing_handler(runtime, handler, {"other.txt"}) == said


def test_the_usual_mistake_is_named() -> None:
    said = runtimes.missing_handler("python3.13", "handler.handler", {"app/handler.py", "app/lib.py"})
    assert "zip what is in it, not the folder" in str(said)


def test_all_are_offered_by_language_and_what_a_function_has_besides() -> None:
    offered = runtimes.grouped()
    assert [language for language, _ in offered][:3] == ["Python", "Node.js", "Java"]
    assert sorted(name for _, names in offered for name in names) == sorted(runtimes.NAMES)
    assert "python3.9" in dict(runtimes.grouped("python3.9"))["Python"]
    assert runtimes.grouped("cobol1")[-1] == ("Other", ["cobol1"])
