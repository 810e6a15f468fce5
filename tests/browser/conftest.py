"""A real Chromium before a real server. Says so aloud when there is no Chromium."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from workflows.models import User

PATHS = ("chromium", "chromium-browser", "google-chrome")
# Without a graphics card a process of its own would imitate one; a process for every page costs its start.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-software-rasterizer",
    "--disable-extensions",
    "--renderer-process-limit=1",
]
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PATHS)), None)
    if found is None:
        pytest.skip("No chromium on the PATH (nor named by CHROMIUM): the pages were NOT tried in a browser.")
    # Playwright runs a loop in this thread, which Django would otherwise take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class Visitor:
    """Somebody with a browser; `complaints` is what the browser's console said against the pages."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open a page of ours."""
        self.page.goto(self.base + path)
        return self.page

    def sign_in(self, user: User) -> None:
        """By a session of theirs; through the form it is done in `test_journeys`."""
        client = Client()
        client.force_login(user)
        self.page.context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": self.base} for cookie in client.cookies.values()]
        )


class Visits:
    """Opens browsers for visitors, each with its own cookies, and closes them at the end."""

    def __init__(self, chromium: Browser, base: str) -> None:
        self._chromium, self._base = chromium, base
        self._contexts: list[BrowserContext] = []

    def __call__(self, *, phone: bool = False, dark: bool = False, script: bool = True) -> Visitor:
        context = self._chromium.new_context(
            viewport=PHONE if phone else WIDE,  # type: ignore[arg-type]
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            timezone_id="Europe/Berlin",
        )
        self._contexts.append(context)
        visitor = Visitor(context.new_page(), self._base)
        visitor.page.on("console", lambda said: _note(visitor, said.type, said.text))
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        return visitor

    def close(self) -> None:
        for context in self._contexts:
            context.close()


def _note(visitor: Visitor, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        visitor.complaints.append(text)


@pytest.fixture
def visits(chromium: Browser, live_server: LiveServer) -> Iterator[Visits]:
    opened = Visits(chromium, live_server.url)
    yield opened
    opened.close()
