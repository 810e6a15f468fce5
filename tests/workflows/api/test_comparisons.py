"""Two revisions compared over REST, as the pages compare them."""

import pytest

from tests.factories import FunctionRevisionFactory, WorkflowRevisionFactory
from tests.workflows.api.conftest import Asker, asker
from workflows import packaging

pytestmark = pytest.mark.django_db


def test_a_workflow_tells_the_lines_that_are_another(developer: Asker) -> None:
    one = WorkflowRevisionFactory.create(number=1, definition='{\n  "StartAt": "A"\n}')
    WorkflowRevisionFactory.create(workflow=one.workflow, number=2, definition='{\n  "StartAt": "B"\n}')
    told = developer.get(f"workflows/{one.workflow.name}/compare")
    assert (told["before"], told["after"]) == (1, 2)
    (part,) = told["parts"]
    changed = [(line["kind"], line["text"].strip()) for line in part["lines"] if line["kind"] != "same"]
    assert (part["title"], changed) == ("Definition", [("removed", '"StartAt": "A"'), ("added", '"StartAt": "B"')])
    assert developer.get(f"workflows/{one.workflow.name}/compare?from=2&to=2")["parts"] == []
    assert developer.ask("GET", f"workflows/{one.workflow.name}/compare?from=9").status_code == 404
    assert developer.get(f"workflows/{one.workflow.name}/compare?to=1")["parts"] == []


def test_a_function_tells_its_variables_only_to_who_may_see_them(developer: Asker) -> None:
    one = FunctionRevisionFactory.create(number=1, environment={"KEY": "old"})
    FunctionRevisionFactory.create(function=one.function, number=2, environment={"KEY": "new"}, memory_mb=512)
    address = f"functions/{one.function.name}/compare?from=1&to=2"
    told = str(developer.get(address)["parts"])
    assert ("environment KEY = old" in told, "environment KEY = new" in told, "memory = 512 MB" in told) == (True,) * 3
    masked = str(asker(scopes=["read"]).get(address)["parts"])
    assert ("environment KEY = old" in masked, "another value" in masked) == (False, True)
    assert asker(workflows=["one"]).ask("GET", address).status_code == 403


def test_every_file_that_changed_is_told_however_many_there_are_and_whatever_they_hold(developer: Asker) -> None:
    many = {f"m{number:03}.py": f"V = {number}\n".encode() for number in range(300)}
    many |= {"bin.dat": b"\0one", "long.txt": b"x\n" * 200_000, "ends.txt": b"a\nb\n"}
    other = {**many, "m150.py": b"V = 1500\n", "bin.dat": b"\0two", "new/__init__.py": b"", "ends.txt": b"a\r\nb\r\n"}
    other["long.txt"] += b"y\n"
    del other["m003.py"]
    one = FunctionRevisionFactory.create(number=1, package=packed(many))
    FunctionRevisionFactory.create(function=one.function, number=2, package=packed(other))
    parts = developer.get(f"functions/{one.function.name}/compare?from=1&to=2")["parts"]
    told = {part["title"]: [(line["kind"], line["text"]) for line in part["lines"]] for part in parts}
    assert list(told) == ["bin.dat", "ends.txt", "long.txt", "m003.py", "m150.py", "new/__init__.py"]
    assert told["m003.py"] == [("removed", "V = 3")]
    assert told["m150.py"] == [("removed", "V = 150"), ("added", "V = 1500")]
    assert told["new/__init__.py"] == [("added", "0 bytes, CRC-32 00000000")]
    for name, sizes in (("bin.dat", ("4", "4")), ("ends.txt", ("4", "6")), ("long.txt", ("400,000", "400,002"))):
        assert [kind for kind, _ in told[name]] == ["removed", "added"], name
        assert tuple(text.partition(" bytes")[0] for _, text in told[name]) == sizes
    assert developer.get(f"functions/{one.function.name}/compare?from=2&to=2")["parts"] == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ((b"a\nb\n", False), (b"a\r\nB\r\n", False), ["lines end with LF", "lines end with CR LF"]),
        ((b"a\nb\n", False), (b"A\nb", False), ["lines end with LF", "none at the end"]),
        ((b"echo 1\n", False), (b"echo 2\n", True), ["7 bytes, CRC", "7 bytes, executable, CRC"]),
        ((b"echo 1\n", True), (b"echo 2\n", True), []),
    ],
)
def test_what_lines_do_not_tell_is_told_beside_them(
    developer: Asker, before: tuple[bytes, bool], after: tuple[bytes, bool], said: list[str]
) -> None:
    packages = [packaging.zip_of([("a.sh", *given)]).content for given in (before, after)]
    one = FunctionRevisionFactory.create(number=1, package=packages[0])
    FunctionRevisionFactory.create(function=one.function, number=2, package=packages[1])
    (part,) = developer.get(f"functions/{one.function.name}/compare?from=1&to=2")["parts"]
    told = [line["text"] for line in part["lines"] if "CRC-32" in line["text"]]
    assert [words in text for words, text in zip(said, told, strict=True)] == [True] * len(said)
    assert len(part["lines"]) > len(said)


def packed(files: dict[str, bytes]) -> bytes:
    return packaging.zip_of([(name, content, False) for name, content in files.items()]).content
