"""PURE: whether a resource's tags say that another tool manages it. What another tool manages is read-only here."""

from collections.abc import Mapping

MANAGED_BY = {
    "managedby",
    "createdby",
    "provisionedby",
    "deployedby",
    "provisioner",
    "iac",
    "tool",
    "source",
    "creator",
}
TOOLS = {
    "terraform": "Terraform",
    "opentofu": "OpenTofu",
    "pulumi": "Pulumi",
    "serverless": "Serverless Framework",
    "cloudformation": "CloudFormation",
    "cdk": "CDK",
    "sam": "SAM",
}


def owner_of(tags: Mapping[str, str]) -> str:
    """The tool that manages what has these tags, in words; empty for none that is known."""
    stack = tags.get("aws:cloudformation:stack-name", "")
    of_stack = f" (stack {stack})" if stack else ""
    if any(name.startswith("aws:cdk") for name in tags):
        return f"CDK{of_stack}"
    if tags.get("lambda:createdBy") == "SAM" or tags.get("stateMachine:createdBy") == "SAM":
        return f"SAM{of_stack}"
    if any(name.startswith("aws:cloudformation:") for name in tags):
        return f"CloudFormation{of_stack}"
    return next((owner for name, value in tags.items() if (owner := _said_by(name, value))), "")


def _said_by(name: str, value: str) -> str:
    """What people have such tools write: `terraform = true`, `managed-by = Terraform`, `tf:workspace = shop`."""
    plain, said = "".join(letter for letter in name.lower() if letter.isalnum()), value.lower()
    if said in ("false", "no", "none", "0"):
        return ""
    if plain.startswith("terraform") or name.lower().startswith(("tf:", "tf_", "tf-")):
        return TOOLS["terraform"]
    if plain not in MANAGED_BY:
        return ""
    return next((title for word, title in TOOLS.items() if word in said.replace("-", " ").split() or word == said), "")
