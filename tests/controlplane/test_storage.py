"""Static files as they are collected: which of them are compressed beforehand."""

from pathlib import Path

from controlplane.storage import StaticStorage

LONG = "/* a rule worth compressing */ p { color: red }\n" * 200


def test_what_pages_ask_for_is_compressed_and_the_rest_is_not(tmp_path: Path) -> None:
    storage = StaticStorage(location=tmp_path, base_url="/static/")
    (tmp_path / "ninja").mkdir()
    names = ("page.css", "shared-3JC6KW5O.js", "ninja/redoc.standalone.js", "page.css.map")
    for name in names:
        (tmp_path / name).write_text(LONG)

    list(storage.post_process({name: (storage, name) for name in names}))

    compressed = {path.name.removesuffix(".br") for path in tmp_path.rglob("*.br")}
    assert compressed >= {storage.stored_name("page.css"), "shared-3JC6KW5O.js"}
    assert "page.css" not in compressed
    assert not any("redoc" in name or name.endswith(".map") for name in compressed)
