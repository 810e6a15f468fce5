"""Hooks whose receivers listen on this machine."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.conf import LazySettings
from django.utils import timezone

from tests.factories import HookFactory
from tests.receivers import Receiver, run_receiver
from transactions.models import Hook

MakeReceiver = Callable[[], Receiver]
MakeHook = Callable[..., Hook]


@pytest.fixture
def another_receiver(settings: LazySettings) -> Iterator[MakeReceiver]:
    """Starts receivers that hooks may lead to."""
    settings.HOOK_PLACES = []
    with ExitStack() as stack:

        def start() -> Receiver:
            receiver = stack.enter_context(run_receiver())
            settings.HOOK_PLACES.append(receiver.place)
            return receiver

        yield start


@pytest.fixture
def receiver(another_receiver: MakeReceiver) -> Receiver:
    return another_receiver()


@pytest.fixture
def hook(db: None, receiver: Receiver) -> Hook:
    """Live, and for whatever happens."""
    return HookFactory.create(target_url=receiver.url, live_since=timezone.now())
