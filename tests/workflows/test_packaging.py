"""Packing folders of code: the same bytes for the same content, within limits; and what the two TOML files may say."""

import io
import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from workflows import archives
from workflows.packaging import DefinitionProblem, pack, read_function, read_workflow

FUNCTION = 'name = "Do-it_1"\nruntime = "python3.12"\nhandler = "handler.handler"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a function: code in two files, one of them executable."""
    made = tmp_path / "do_it"
    (made / "lib").mkdir(parents=True)
    (made / "function.toml").write_text(FUNCTION)
    (made / "handler.py").write_text("def handler(event, context): ...\n")
    (made / "lib" / "tool").write_bytes(b"\x00\xff")
    (made / "lib" / "tool").chmod(0o755)
    return made


@pytest.fixture
def _restored_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def names(content: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(content)).namelist()


class TestPacking:
    def test_the_same_content_gives_the_same_bytes(self, folder: Path) -> None:
        assert pack(folder) == pack(folder)

    @pytest.mark.usefixtures("_restored_umask")
    def test_neither_times_nor_modes_nor_the_order_of_making_change_the_bytes(
        self, folder: Path, tmp_path: Path
    ) -> None:
        first = pack(folder)
        os.umask(0o077)
        again = tmp_path / "elsewhere"
        (again / "lib").mkdir(parents=True)
        for name in ("lib/tool", "handler.py"):
            (again / name).write_bytes((folder / name).read_bytes())
            os.utime(again / name, (0, 0))
        (again / "lib" / "tool").chmod(0o700)
        assert pack(again) == first

    def test_other_content_another_name_or_an_execute_bit_change_them(self, folder: Path) -> None:
        seen = {pack(folder).sha256}
        (folder / "handler.py").chmod(0o755)
        seen.add(pack(folder).sha256)
        (folder / "handler.py").write_text("changed")
        seen.add(pack(folder).sha256)
        (folder / "handler.py").rename(folder / "other.py")
        seen.add(pack(folder).sha256)
        assert len(seen) == 4

    def test_the_code_is_packed_and_what_tools_leave_behind_is_not(self, folder: Path) -> None:
        (folder / "__pycache__").mkdir()
        (folder / "__pycache__" / "handler.cpython-312.pyc").write_bytes(b"")
        (folder / "lib" / "old.pyc").write_bytes(b"")
        (folder / ".DS_Store").write_bytes(b"")
        assert names(pack(folder).content) == ["handler.py", "lib/tool"]

    def test_only_the_execute_bit_of_a_mode_is_kept(self, folder: Path) -> None:
        (folder / "handler.py").chmod(0o600)
        entries = zipfile.ZipFile(io.BytesIO(pack(folder).content)).infolist()
        modes = {entry.filename: stat.S_IMODE(entry.external_attr >> 16) for entry in entries}
        assert modes == {"handler.py": 0o644, "lib/tool": 0o755}

    def test_what_was_packed_may_be_unpacked(self, folder: Path) -> None:
        archives.check(pack(folder).content)

    def test_a_link_is_refused(self, folder: Path) -> None:
        (folder / "link.py").symlink_to("/etc/hostname")
        with pytest.raises(DefinitionProblem, match="links are not packed"):
            pack(folder)

    def test_a_folder_without_code_is_refused(self, folder: Path) -> None:
        (folder / "handler.py").unlink()
        (folder / "lib" / "tool").unlink()
        with pytest.raises(DefinitionProblem, match="no code"):
            pack(folder)


class TestFunctionFiles:
    def test_what_is_left_out_has_awss_own_default(self, folder: Path) -> None:
        read = read_function(folder)
        assert (read.name, read.memory, read.timeout, read.environment, read.permissions) == ("Do-it_1", 128, 3, {}, ())

    def test_environment_and_permissions_are_read(self, folder: Path) -> None:
        more = (
            'memory = 512\n[environment]\nTO = "${x}"\n[[permissions]]\nactions = ["s3:GetObject"]\nresources = ["*"]\n'
        )
        (folder / "function.toml").write_text(FUNCTION + more)
        read = read_function(folder)
        assert (read.memory, read.environment) == (512, {"TO": "${x}"})
        assert [one.as_dict() for one in read.permissions] == [{"actions": ["s3:GetObject"], "resources": ["*"]}]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "`name` is missing"),
            ("name = ", "this is not TOML"),
            (FUNCTION + "memroy = 1", "unknown key `memroy`"),
            (FUNCTION.replace("Do-it_1", "a b"), "`name` cannot be 'a b'"),
            (FUNCTION.replace("Do-it_1", "x" * 41), "`name` cannot be"),
            (FUNCTION.replace("python3.12", "cobol"), "`runtime` cannot be 'cobol'"),
            (FUNCTION + "memory = 127", "must be 128 to 10240"),
            (FUNCTION + "memory = 128.0", "a whole number"),
            (FUNCTION + "timeout = true", "a whole number"),
            (FUNCTION + "timeout = 901", "must be 1 to 900"),
            (FUNCTION + "[environment]\nA = 1", "every value in [environment] is a string"),
            (FUNCTION + 'permissions = ["x"]', "a permission has"),
            (FUNCTION + '[[permissions]]\nactions = ["*"]\nresources = ["x"]', "every action of every service"),
            (FUNCTION + '[[permissions]]\nactions = ["iam:Pass*"]\nresources = ["x"]', "give itself any other right"),
            (FUNCTION + '[[permissions]]\nactions = []\nresources = ["*"]', "at least one string"),
        ],
    )
    def test_what_cannot_be_is_refused_naming_the_file(self, folder: Path, text: str, said: str) -> None:
        (folder / "function.toml").write_text(text)
        with pytest.raises(DefinitionProblem) as refused:
            read_function(folder)
        assert refused.value.file.endswith("function.toml")
        assert said in refused.value.message

    @pytest.mark.parametrize("content", [None, b"\xff"])
    def test_a_file_that_is_missing_or_no_text_is_refused(self, folder: Path, content: bytes | None) -> None:
        (folder / "function.toml").unlink()
        if content is not None:
            (folder / "function.toml").write_bytes(content)
        with pytest.raises(DefinitionProblem, match=r"missing|not UTF-8"):
            read_function(folder)


class TestWorkflowFolders:
    def test_the_folders_name_is_the_workflows(self, tmp_path: Path) -> None:
        made = tmp_path / "refunds"
        made.mkdir()
        (made / "workflow.toml").write_text('[keys]\nid = "$.id"\n')
        (made / "definition.asl.json").write_text("{}")
        read = read_workflow(made)
        assert (read.name, read.title, read.type, read.keys) == ("refunds", "refunds", "STANDARD", {"id": "$.id"})
        assert (read.definition, read.input_schema) == ("{}", "")

    def test_a_folder_without_a_definition_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "workflow.toml").write_text("")
        renamed = tmp_path.rename(tmp_path.with_name("refunds"))
        with pytest.raises(DefinitionProblem, match=r"definition\.asl\.json: this file is missing"):
            read_workflow(renamed)

    def test_a_name_that_aws_would_not_take_is_refused(self, tmp_path: Path) -> None:
        made = tmp_path / "my refunds"
        made.mkdir()
        (made / "workflow.toml").write_text("")
        with pytest.raises(DefinitionProblem, match="letters, digits"):
            read_workflow(made)
