"""What an API token may be used for. Pure: a scope covers permissions, and gives none that its owner lacks."""

from collections.abc import Callable, Iterable, Mapping

READ, SUBMIT, DEPLOY, MANAGE_HOOKS = "read", "submit", "deploy", "manage_hooks"
LABELS: Mapping[str, str] = {
    READ: "Read: look at everything its owner may see",
    SUBMIT: "Submit: start transactions, stop them, run them again, invoke functions; see those its owner started",
    DEPLOY: "Deploy: save revisions and triggers, plan, deploy, roll back; see the deployments its owner asked for",
    MANAGE_HOOKS: "Manage hooks: subscribe, change and switch off; see hooks and deliveries",
}
_RUNS = {"submit", "stop", "rerun", "invoke"}
_TELLS_OF_HOOKS = ("hook", "delivery")
_DEPLOYS = ("deploy", "revision", "trigger", "function", "workflow")

_COVERS: Mapping[str, Callable[[str], bool]] = {
    READ: lambda codename: codename.startswith("view_"),
    SUBMIT: lambda codename: codename in _RUNS,
    DEPLOY: lambda codename: _changes(codename) and any(word in codename for word in _DEPLOYS),
    MANAGE_HOOKS: lambda codename: _changes(codename) and any(word in codename for word in _TELLS_OF_HOOKS),
}


def cover(scopes: Iterable[str], permission: str) -> bool:
    """Whether one of `scopes` covers `permission` (app.codename); a permission may itself be a scope."""
    codename = permission.partition(".")[2]
    return any(scope == permission or (scope in _COVERS and _COVERS[scope](codename)) for scope in scopes)


def needed(permission: str) -> str:
    """The scope that covers `permission`; where none does, the permission, which may be one itself."""
    return next((scope for scope in LABELS if cover((scope,), permission)), permission)


def _changes(codename: str) -> bool:
    return codename not in _RUNS and not codename.startswith("view_")
