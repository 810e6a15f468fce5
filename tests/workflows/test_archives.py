"""Foreign zips: whatever Lambda could not use, or would be dangerous to unpack, is refused and named."""

import io
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable

import pytest

from workflows import archives, packaging
from workflows.packaging import DefinitionProblem


def zipped(*files: tuple[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None) -> bytes:
    """A zip of these files; `change` may spoil what it says of each."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name twice is what some tests want
        for name, content in files:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            if change:
                change(entry)
            archive.writestr(entry, content)
    return out.getvalue()


def refused(content: bytes, why: str) -> None:
    with pytest.raises(DefinitionProblem, match=why):
        archives.check(content)


def test_a_usual_package_is_taken() -> None:
    content = zipped(("handler.py", b"x = 1"), ("lib/", b""), ("lib/täst.py", b"y = 2"))
    archives.check(content)
    assert archives.names(content) == ["handler.py", "lib/täst.py"]


@pytest.mark.parametrize("other", ["handler.py/x", "handler.py/a/x", "handler.py/a/"])
def test_a_name_that_is_a_file_and_a_folder_is_refused(other: str) -> None:
    refused(zipped(("handler.py", b"x = 1"), (other, b"")), "handler.py is a file, and cannot be a folder too")


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all", b"PK\x05\x06" + bytes(10)])
def test_what_is_no_zip_is_refused(content: bytes) -> None:
    refused(content, "not a zip")


def test_one_that_is_cut_off_is_refused() -> None:
    content = zipped(("handler.py", bytes(range(256)) * 40))
    for end in (len(content) // 2, len(content) - 5):
        refused(content[:end], "cut off")


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "a/..", "C:/x", "c:x"])
def test_a_path_that_leads_out_is_refused(name: str) -> None:
    refused(zipped((name, b"")), "stay inside")


@pytest.mark.parametrize("name", ["a\\..\\x", "a\nb", "a\x1b[31m"])
def test_a_name_that_is_read_differently_elsewhere_is_refused(name: str) -> None:
    refused(zipped((name, b"")), "control characters nor backslashes")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO])
def test_links_and_devices_are_refused(kind: int) -> None:
    def change(entry: zipfile.ZipInfo) -> None:
        entry.external_attr = (kind | 0o777) << 16

    refused(zipped(("x", b"/etc/passwd"), change=change), "files and folders only")


def test_a_name_twice_is_refused() -> None:
    refused(zipped(("a.py", b"1"), ("a.py", b"2")), "two of this name")
    refused(zipped(("a", b"1"), ("a/", b"")), "two of this name")
    refused(zipped(("a.py", b"1"), ("./a.py", b"2")), "two of this name")
    refused(zipped(("a/b", b"1"), ("a//b", b"2")), "two of this name")


def test_a_name_that_no_file_system_takes_is_refused() -> None:
    refused(zipped(("é" * 128, b"")), "more than 255 bytes")
    archives.check(zipped(("a" * 255, b"")))


def test_an_encrypted_file_is_refused() -> None:
    content = bytearray(zipped(("a.py", b"1")))
    at = content.index(b"PK\x01\x02")
    struct.pack_into("<H", content, at + 8, 0x1)
    refused(bytes(content), "encrypted")


def test_a_damaged_file_is_refused() -> None:
    content = bytearray(zipped(("a.py", b"some text that is long enough to be damaged")))
    content[40] ^= 0xFF
    refused(bytes(content), "damaged")


def test_a_file_of_another_check_sum_is_refused() -> None:
    content = bytearray(zipped(("a.py", b"1")))
    at = content.index(b"PK\x01\x02")
    struct.pack_into("<L", content, at + 16, 0)
    struct.pack_into("<L", content, 14, 0)
    refused(bytes(content), "damaged")


def test_a_zip_inside_the_zip_is_refused() -> None:
    refused(zipped(("code.ZIP", zipped(("handler.py", b"")))), "zip inside the zip")


def test_a_name_that_is_not_utf_8_is_refused() -> None:
    # Written in the old code page: the flag that says UTF-8 is taken away.
    content = bytearray(zipped(("täst.py", b"1")))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<H", content, content.index(mark) + flags, 0)
    refused(bytes(content), "not UTF-8")
    # And said to be UTF-8, which it is not.
    refused(zipped(("täst.py", b"1")).replace("ä".encode(), b"\xff\xff"), "not UTF-8")


def test_a_compression_that_lambda_does_not_know_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.py", b"1")
    refused(out.getvalue(), "use deflate")


def test_an_empty_one_is_refused() -> None:
    refused(zipped(), "no file in it")
    refused(zipped(("folder/", b"")), "no file in it")


def test_too_many_files_are_refused_before_any_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_FILES", 2)
    archives.check(zipped(("a", b""), ("b", b"")))
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(DefinitionProblem, match="more than 2 files"):
        archives.check(three())


def three() -> bytes:
    """A zip of three files, written byte by byte: the writer is out of order in that test."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 3, 3, 3 * len(entry), 0, 0)
    return entry * 3 + end


def test_a_small_zip_of_a_huge_file_is_refused_without_unpacking_it(monkeypatch: pytest.MonkeyPatch) -> None:
    content = zipped(("zeros", bytes(2_000_000)))
    monkeypatch.setattr(archives, "LARGEST_UNPACKED", 1_999_999)
    monkeypatch.setattr(archives, "_check_content", lambda *_: pytest.fail("it was unpacked"))
    refused(content, "250 MB unpacked")


def test_one_larger_than_aws_takes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "LARGEST_ZIPPED", 10)
    refused(zipped(("a", b"")), "at most 10")


def test_the_limits_are_awss_own() -> None:
    assert (archives.LARGEST_ZIPPED, packaging.LARGEST_UNPACKED) == (50 * 2**20, 250 * 2**20)
