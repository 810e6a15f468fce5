"""The graph of a definition nobody has run yet, as the pages show it. Nothing where it cannot be drawn."""

from django.utils.safestring import SafeString

from workflows import drawing, layout
from workflows.asl import graph
from workflows.asl.parser import parse


def of_definition(definition: str) -> SafeString:
    """Its states and the ways between them; empty text where the definition has no states to draw."""
    machine = parse(definition).machine
    if machine is None or not machine.states:
        return SafeString("")
    drawn = graph.build(machine)
    return drawing.figure(drawn, layout.lay_out(drawn))
