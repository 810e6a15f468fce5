"""PURE: what an ARN says of itself."""


def account_of(arn: str) -> str:
    """The account it belongs to; empty without one."""
    return arn.split(":")[4] if arn else ""
