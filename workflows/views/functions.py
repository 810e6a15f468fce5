"""Pages of functions: the list, one function at one revision, two revisions compared, and asking for a deployment."""

import json
from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from workflows import connection_map, connections, diffs, lines, selectors, sessions, triggers, variables
from workflows.models import Function, FunctionRevision
from workflows.selectors import SourceFile
from workflows.views import function_tabs, revisions


@require_safe
def function_list(request: HttpRequest) -> HttpResponse:
    """Every function with what is live of it."""
    entries = selectors.functions(sessions.environment(request))
    may_edit = request.user.has_perm("workflows.add_functionrevision")
    return render(request, "workflows/function_list.html", {"entries": entries, "may_edit": may_edit})


@require_safe
def function_page(request: HttpRequest, name: str) -> HttpResponse:
    """One function at one revision: code, configuration, deployments."""
    function = get_object_or_404(Function, name=name)
    revision = revisions.named(function.revisions.all(), request.GET.get("revision"))
    environment = sessions.environment(request)
    called = connections.by_function(environment)
    found = connection_map.of(environment, called)
    shown = {
        "revisions": function.revisions.defer("package")[: revisions.SHOWN],
        "files": selectors.files(revision),
        "variables": variables.shown(revision.environment, may_reveal=_may_reveal(request)),
        "connections": called.get(name, []),
        "calls": found.calls_of(name),
        "loops": found.loops_of(name),
        "run_by": function_tabs.run_by(environment, revision),
    }
    framed = function_tabs.frame(request, function, "code")
    return render(request, "workflows/function.html", framed | shown | revisions.shown(request, function, revision))


@require_safe
def function_map(request: HttpRequest) -> HttpResponse:
    """One picture of what calls each function, and of what it may call; the same as text."""
    return render(request, "workflows/map.html", {"map": connection_map.of(sessions.environment(request))})


@require_POST
def deploy_function(request: HttpRequest, name: str) -> HttpResponse:
    """Ask for a revision to be deployed to the environment being looked at."""
    function = get_object_or_404(Function, name=name)
    revision = revisions.named(function.revisions.all(), request.POST.get("revision"))
    page = f"{reverse('workflows:function', args=[name])}?revision={revision.number}#deployment"
    return revisions.after_deploying(request, revisions.deploy(request, revision), page)


@require_safe
def compare_function(request: HttpRequest, name: str) -> HttpResponse:
    """What changed from one revision to another: configuration, and file by file."""
    function = get_object_or_404(Function, name=name)
    before = revisions.named(function.revisions.all(), request.GET.get("from"))
    after = revisions.named(function.revisions.all(), request.GET.get("to"))
    was, is_now = ({file.name: _described(file) for file in selectors.files(one)} for one in (before, after))
    given = variables.compared(before.environment, after.environment, may_reveal=_may_reveal(request))
    configurations = (_configuration(one, values) for one, values in zip((before, after), given, strict=True))
    parts = [("Configuration", diffs.compare(*configurations))]
    parts += [(file, diffs.compare(was.get(file, ""), is_now.get(file, ""))) for file in sorted(was | is_now)]
    shown = {
        "crumb": function.name,
        "href": reverse("workflows:function", args=[name]),
        "list_href": reverse("workflows:function-list"),
        "list_title": "Functions",
        "before": before,
        "after": after,
        "parts": [(title, part) for title, part in parts if part],
        "revisions": function.revisions.defer("package")[: revisions.SHOWN],
    }
    return render(request, "workflows/compare.html", shown)


def _may_reveal(request: HttpRequest) -> bool:
    return request.user.has_perm("workflows.reveal")


def _described(file: SourceFile) -> str:
    return file.text if file.is_text else f"{file.size:,} bytes that are not text"


def _configuration(revision: FunctionRevision, environment: Mapping[str, str]) -> str:
    settings = {
        "runtime": revision.runtime,
        "handler": revision.handler,
        "architecture": revision.architecture,
        "memory": f"{revision.memory_mb} MB",
        "timeout": f"{revision.timeout_s} s",
        "ephemeral storage": f"{revision.storage_mb} MB",
        "reserved concurrency": "none" if revision.concurrency is None else str(revision.concurrency),
        "dead-letter target": revision.dead_letter_arn or "none",
        "on-failure destination": revision.on_failure_arn or "none",
        "role": revision.custom_role_arn or "made for it",
    }
    layers = {f"layer {n}": arn for n, arn in enumerate(revision.layers, 1)}
    tags = {f"tag {name}": value for name, value in revision.tags.items()}
    given = {f"environment {name}": value for name, value in environment.items()}
    allowed = {
        f"may {', '.join(permission['actions'])}": ", ".join(permission["resources"])
        for permission in revision.permissions
    }
    called = {
        f"trigger {trigger.key}": json.dumps(trigger.as_dict()) for trigger in triggers.read_all(revision.triggers)
    }
    return lines.write(settings | layers | tags | given | allowed | called)
