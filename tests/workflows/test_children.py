"""Child processes that answer lines: killed when late, bounded in memory, started anew."""

import os
import signal
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workflows import children
from workflows.children import Child, Died, Late, Spent

SOURCE = """
import os, time
from workflows.children import serve

def answer(line):
    word, _, rest = line.strip().partition(" ")
    if word == "sleep":
        time.sleep(float(rest))
    if word == "work":
        while time.process_time() < float(rest):
            pass
    if word == "allocate":
        return str(len(bytearray(int(rest))))
    if word == "repeat":
        return "x" * int(rest)
    if word == "length":
        return str(len(rest))
    if word == "print":
        print("by the way")
    if word == "exit":
        os._exit(1)
    return f"{os.getpid()} {line.strip()}"

serve(answer, 512 << 20)
"""


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    """A child that does what its lines say."""
    (tmp_path / "obedient.py").write_text(textwrap.dedent(SOURCE))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, sys.path)]))
    made = Child("obedient")
    yield made
    made.stop()


def pid_of(child: Child) -> int:
    return int(child.ask("hello", 5).split()[0])


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_one_process_answers_all_questions(child: Child) -> None:
    assert pid_of(child) == pid_of(child) != os.getpid()


def test_a_late_child_is_killed_at_once_and_the_next_question_starts_another(child: Child) -> None:
    first = pid_of(child)
    began = time.monotonic()
    with pytest.raises(Late):
        child.ask("sleep 60", 0.2)
    assert time.monotonic() - began < 1
    assert is_gone(first)
    assert pid_of(child) != first


def test_a_late_answer_never_answers_the_next_question(child: Child) -> None:
    with pytest.raises(Late):
        child.ask("sleep 0.3", 0.1)
    time.sleep(0.3)
    assert child.ask("second", 5).strip().endswith(" second")


def test_a_child_that_dies_over_a_question_is_told_of(child: Child) -> None:
    with pytest.raises(Died):
        child.ask("exit", 5)
    assert pid_of(child)


def test_a_child_that_was_killed_while_idle_is_replaced_unnoticed(child: Child) -> None:
    first = pid_of(child)
    os.kill(first, signal.SIGKILL)
    time.sleep(0.1)
    assert pid_of(child) != first


def test_what_is_printed_is_no_answer(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    told = [
        child.ask(f"{word} {number}", 30).split()[1:] for number, word in enumerate(("print", "one", "print", "two"))
    ]
    assert told == [["print", "0"], ["one", "1"], ["print", "2"], ["two", "3"]]


@pytest.mark.parametrize("starts", [False, True])
def test_an_interrupted_question_leaves_no_answer_to_the_next(child: Child, starts: bool) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    if not starts:
        child.start()
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(KeyboardInterrupt):
            child.ask("sleep 0.2", 30)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert [child.ask(word, 30).split()[1] for word in ("one", "two")] == ["one", "two"]


def test_memory_is_bounded(child: Child) -> None:
    assert child.ask(f"allocate {100 << 20}", 5).strip() == str(100 << 20)
    with pytest.raises(Died):
        child.ask(f"allocate {1 << 30}", 5)


def test_questions_and_answers_larger_than_a_pipe_pass(child: Child) -> None:
    assert child.ask("length " + "x" * 1_000_000, 5).strip() == "1000000"
    assert len(child.ask("repeat 1000000", 5).strip()) == 1_000_000


def test_threads_take_turns(child: Child) -> None:
    pid_of(child)
    answers = dict[int, str]()

    def ask(number: int) -> None:
        answers[number] = child.ask(f"number {number}", 5).strip()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answers[number].endswith(f" number {number}") for number in range(20))


def test_a_forked_process_starts_a_child_of_its_own(child: Child) -> None:
    first = pid_of(child)
    read_end, write_end = os.pipe()
    forked = os.fork()
    if not forked:
        try:
            os.write(write_end, str(pid_of(child)).encode())
            child.stop()
        finally:
            os._exit(0)
    os.waitpid(forked, 0)
    assert int(os.read(read_end, 20)) != first
    assert pid_of(child) == first


def test_a_child_leaves_when_nobody_asks_any_more(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    process = child._running()
    assert process.stdin is not None
    process.stdin.close()  # as when the asking process ends
    assert process.wait(5) == 0
    assert children._IDLE_SECONDS <= 60


@pytest.fixture
def frugal(child: Child) -> Iterator[Child]:
    """A child of which each question has two fifths of a second of the processor."""
    made = Child("obedient", 0.4)
    yield made
    made.stop()


def test_processor_time_is_bounded_and_waiting_is_not(frugal: Child) -> None:
    pid = pid_of(frugal)
    with pytest.raises(Spent):
        frugal.ask("work 60", 20)
    assert is_gone(pid)
    assert frugal.ask("sleep 0.5", 5)


def test_each_question_has_processor_time_of_its_own(frugal: Child) -> None:
    answers = [frugal.ask(f"work {used}", 20).split() for used in (0.15, 0.3, 0.45, 0.6)]
    assert len({pid for pid, *_ in answers}) == 1
