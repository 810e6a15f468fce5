"""Hands a secret from the request that made it to the page shown next: reloading that page makes no other.

It waits in the session, encrypted, is shown once, and is in no address, message or log.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from workflows import encryption


def hand_over(request: HttpRequest, place: str, secret: str) -> None:
    """Keep a secret for the page of this `place`, which this request redirects to."""
    request.session[_key(place)] = encryption.encrypt(secret)


def render_once(
    request: HttpRequest, template: str, shown: dict[str, Any], place: str, status: int = 200
) -> HttpResponse:
    """Render a page with the `secret` that waits for it, if one does; no cache keeps that answer."""
    secret = take(request, place)
    answer = render(request, template, shown | {"secret": secret}, status=status)
    if secret:
        answer["Cache-Control"] = "no-store"
    return answer


def take(request: HttpRequest, place: str) -> str:
    """The secret that waits for a page, which is the one to show it; empty where none does."""
    return _read(request.session.pop(_key(place), "")) if request.method == "GET" else ""


def _key(place: str) -> str:
    return f"secret of {place}"


def _read(held: str) -> str:
    try:
        return encryption.decrypt(held) if held else ""
    except encryption.Unreadable:  # its key was taken away since
        return ""
