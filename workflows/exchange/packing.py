"""PURE: a SAM template with all that it names beside it, as the one zip that `sam deploy` is run in."""

import json

from workflows.exchange.carried import Bundle
from workflows.exchange.sam import template
from workflows.packaging import zip_of


def to_sam(bundle: Bundle) -> bytes:
    """The zip: template.json, each function's package, each workflow's definition and schema."""
    described = template([one.definition for one in bundle.functions], bundle.workflows)
    files = {"template.json": json.dumps(described, indent=2, ensure_ascii=False).encode()}
    for carried in bundle.functions:
        if carried.package:
            files[f"{carried.definition.name}.zip"] = carried.package.content
    for workflow in bundle.workflows:
        files[f"{workflow.name}.asl.json"] = workflow.definition.encode()
        if workflow.input_schema:
            files[f"{workflow.name}.schema.json"] = workflow.input_schema.encode()
    return zip_of((name, content, False) for name, content in files.items()).content
