"""Which pictures of graphs are shrunk to the room there is, and which scroll."""

import json

import pytest

from workflows import drawing, layout
from workflows.asl import graph, parse


def drawn(branches: int) -> str:
    """The picture of a Choice with so many branches side by side."""
    rules = [{"Variable": "$.n", "NumericEquals": n, "Next": f"Branch{n}"} for n in range(branches)]
    ends = {f"Branch{n}": {"Type": "Succeed"} for n in range(branches)}
    machine = parse(
        json.dumps({"StartAt": "Pick", "States": {"Pick": {"Type": "Choice", "Choices": rules}, **ends}})
    ).machine
    assert machine
    built = graph.build(machine)
    laid = layout.lay_out(built)
    assert laid
    return drawing.draw(built, laid)


@pytest.mark.parametrize(("branches", "shrinks"), [(2, True), (12, False)])
def test_small_pictures_shrink_and_large_ones_scroll(branches: int, shrinks: bool) -> None:
    assert ("graph-fits" in drawn(branches)) is shrinks
