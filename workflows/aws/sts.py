"""STS: which account the worker is in."""

from workflows.aws.clients import Target, calling, client


def account_id(target: Target) -> str:
    """The account the target's credentials belong to: twelve digits."""
    with calling("sts:GetCallerIdentity"):
        answer = client(target, "sts").get_caller_identity()
    account: str = answer["Account"]
    return account
