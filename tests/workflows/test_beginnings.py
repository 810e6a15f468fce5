"""A new function begins with code of its own runtime, which passes the check of a saved one."""

import pytest

from workflows import beginnings, runtimes


@pytest.mark.parametrize("runtime", runtimes.NAMES)
def test_what_a_function_begins_with_has_its_handler(runtime: str) -> None:
    begun = beginnings.of(runtime)
    is_written_here = runtimes.family(runtime) in runtimes.MODULES
    assert (begun.file is not None) == is_written_here
    if begun.file:
        assert runtimes.missing_handler(runtime, begun.handler, [begun.file.name]) is None
