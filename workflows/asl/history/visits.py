"""Events and what they follow -> visits. One pass, in event order; no definition is needed.

Every event has a `Spot`: the lane it happened in and the visit that is open there. A spot follows from the spot of the
event before it, so concurrent lanes never mix.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from workflows.asl.history.drafts import MAX_NESTING, Draft, Lane, Spot, give_up
from workflows.asl.history.events import (
    ATTEMPT_FAILED,
    ATTEMPT_STARTED,
    ATTEMPT_SUCCEEDED,
    COMPOUND_FAILED,
    COMPOUND_STARTED,
    COMPOUND_SUCCEEDED,
    ENTERED,
    EXECUTION_ENDED,
    EXITED,
    ITERATION_ENDED,
    SCHEDULED,
    STATE_ABORTED,
    Event,
)
from workflows.asl.history.flow import Flow
from workflows.asl.history.results import Attempt, Iteration, Step

# AWS's own words in the cause of a failed evaluation.
_ENTERED_AT = re.compile(r"\(entered at the event id #(\d{1,9})\)")


@dataclass(slots=True)
class Visits:
    """Builds the drafts of one history; `flow` is what the definition says, as far as there is one."""

    flow: Flow
    top: Lane = field(default_factory=Lane)
    drafts: list[Draft] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    by_entry: dict[int, Draft] = field(default_factory=dict)
    by_exit: dict[int, Draft] = field(default_factory=dict)
    by_state: dict[str, Draft] = field(default_factory=dict)
    last_task: Draft | None = None
    tasks_in: dict[int, dict[int | None, Draft]] = field(default_factory=dict)  # last of each lane, by what is around
    redrives: int = 0
    redriven: Event | None = None
    waits: dict[Draft, Event] = field(default_factory=dict)  # that a redrive goes on with, and what had ended each
    waits_in: dict[tuple[Step, ...], Draft] = field(default_factory=dict)  # the same by their lanes
    compounds: dict[tuple[str, tuple[Step, ...]], Draft] = field(default_factory=dict)  # last of a type in each lane

    def add(self, event: Event, before: Event | None, spot_before: Spot | None) -> None:
        """Take the next event, the one it follows and that one's spot."""
        spot = spot_before or Spot(self.top, None)
        self.spots.append(self._take(event, before, spot))

    def _take(self, event: Event, before: Event | None, spot: Spot) -> Spot:  # noqa: C901 (one line a family)
        kind = event.type
        if kind.endswith(ENTERED):
            return self._enter(event, before, spot)
        if kind.endswith(EXITED):
            return self._exit(event, spot)
        if kind in SCHEDULED:
            return self._schedule(event, self._task_at(spot), spot)
        if kind in COMPOUND_STARTED:
            return self._schedule(event, self._compound_at(event, before, spot), spot)
        if kind in ATTEMPT_STARTED:
            return self._progress(event, spot)
        if kind in ATTEMPT_SUCCEEDED | COMPOUND_SUCCEEDED:
            return self._succeed(event, spot)
        if kind in ATTEMPT_FAILED | COMPOUND_FAILED | {"EvaluationFailed", "MapRunFailed"}:
            return self._fail(event, spot)
        if kind == "MapIterationStarted":
            return self._start_iteration(event, spot)
        if kind in ITERATION_ENDED:
            return self._end_iteration(event, spot)
        if kind in STATE_ABORTED:
            return self._abort(event, spot)
        if kind in EXECUTION_ENDED:
            return self._end(event, spot)
        if kind == "ExecutionRedriven":
            self._redrive(event)
        return spot

    def _redrive(self, event: Event) -> None:
        """Tasks say by themselves that they go on. A Wait says nothing until it is left, nor is it entered again."""
        self.redrives += 1
        self.redriven = event
        for draft in self.drafts:
            if draft.type == "Wait" and draft.status == "aborted" and draft.ended and not draft.exited:
                self.waits[draft] = draft.ended
                self.waits_in[draft.lane.path] = draft
                draft.reopen(event)

    # -- states -----------------------------------------------------------------------------------------------------

    def _enter(self, event: Event, before: Event | None, spot: Spot) -> Spot:
        state = event.state or ""
        lane = self._lane_for(state, before, spot)
        draft = Draft(event, state, event.type.removesuffix(ENTERED), lane)
        if draft.type == "Wait":
            self._enter_again(state, lane)
        if draft.type in ("Map", "Parallel"):
            self.compounds[draft.type, lane.path] = draft
        if before is not None and (left := self.by_exit.get(before.id)):
            left.next = state
        self.drafts.append(draft)
        self.by_entry[event.id] = draft
        self.by_state[state] = draft
        draft.open()
        if draft.type == "Task":
            self.last_task = draft
            if lane.owner is not None:
                self.tasks_in.setdefault(lane.owner.entered.id, {})[lane.path[-1].index] = draft
        if draft.type == "Fail":
            draft.failure = event
            draft.error, draft.cause = self.flow.failure_of(state)
        return Spot(lane, draft)

    def _enter_again(self, state: str, lane: Lane) -> None:
        """Where a Wait is entered again after all, the earlier visit stays as it was given up."""
        for draft, ended in list(self.waits.items()):
            if draft.state == state and draft.lane.path == lane.path and draft.is_open:
                draft.close("aborted", ended)
                draft.redrives -= 1
                del self.waits[draft]

    def _lane_for(self, state: str, before: Event | None, spot: Spot) -> Lane:
        draft = spot.draft
        if draft is None:
            return spot.lane
        if before is not None and before.type == "ParallelStateStarted":
            index = self.flow.branch_of(draft.state, state)
            draft.branches += 1
            return draft.new_lane("branch", draft.branches - 1 if index is None else index)
        if before is not None and before.type == "MapStateStarted":
            return draft.new_lane("iteration", None)
        again = self._up(spot, lambda owner: owner.state == state)  # a redrive that enters the failed state anew
        return again.lane if again else draft.lane

    def _exit(self, event: Event, spot: Spot) -> Spot:
        draft = self._named(event.state, spot)
        if draft is None:
            return Spot(spot.lane, None)
        draft.close("caught" if draft.failure else "ok", event)
        give_up(list(draft.busy), event)
        draft.exited = event
        if draft.status == "caught" and draft.error is None:
            draft.blame(draft.failure)
        self.by_exit[event.id] = draft
        draft.lane.assign(event)
        return Spot(draft.lane, None)

    def _abort(self, event: Event, spot: Spot) -> Spot:
        kind = event.type.removesuffix("StateAborted")
        draft = self._up(spot, lambda owner: owner.type == kind)
        if draft is not None:
            draft.close("aborted", event)
        return spot

    # -- attempts ---------------------------------------------------------------------------------------------------

    def _task_at(self, spot: Spot) -> Draft | None:
        if spot.draft is not None and spot.draft.type == "Task":
            return spot.draft
        if self.redrives and (again := self._left_behind(spot)):
            return again
        return self.last_task if self.last_task and self.last_task.is_open else None

    def _left_behind(self, spot: Spot) -> Draft | None:
        """The task that a redrive goes on with: the lane around it starts anew, and its state is not entered again."""
        if spot.draft is not None:
            lanes = self.tasks_in.get(spot.draft.entered.id, {}) if spot.draft.type == "Parallel" else {}
            return next((task for task in lanes.values() if not task.exited and not task.is_open), None)
        owner = spot.lane.owner
        if owner is None:
            return None
        index = spot.lane.path[-1].index
        task = self.tasks_in.get(owner.entered.id, {}).get(index)
        if task is None or task.exited or task.is_open:
            return None
        if index in owner.running_iterations:
            owner.running_iterations[index] = (owner.running_iterations[index][0], task.lane)
        return task

    def _compound_at(self, event: Event, before: Event | None, spot: Spot) -> Draft | None:
        """The Map or Parallel that starts: the one just entered, else (a retry) the nearest around that still runs."""
        kind = event.type.removesuffix("StateStarted")
        if before is not None and before.type == f"{kind}{ENTERED}":
            return spot.draft
        if self.redriven and spot.draft is None:
            left = self.compounds.get((kind, spot.lane.path))
            if left and not left.exited and self._goes_on(left):
                return left
        running = self._up(spot, lambda owner: owner.type == kind and owner.failure is None)
        return running or self._up(spot, lambda owner: owner.type == kind)

    def _goes_on(self, draft: Draft) -> bool:
        """Whether its next attempt is the first since the last redrive."""
        return bool(self.redriven and draft.attempts and draft.attempts[-1].event < self.redriven.id)

    def _schedule(self, event: Event, draft: Draft | None, spot: Spot) -> Spot:
        if draft is None or draft.exited:
            return spot
        draft.reopen(self.redriven)
        if draft.attempts and draft.attempts[-1].outcome == "running":
            draft.blame(spot.draft)
            draft.finish_attempt(event, "failed")
        if not self._goes_on(draft):  # else what is open in it are the Waits that the redrive goes on with
            give_up(list(draft.busy), event)
        draft.failure, draft.error, draft.cause, draft.branches = None, None, None, 0
        started = event.at if event.type in COMPOUND_STARTED else None
        draft.attempts.append(Attempt(event.id, event.at, started, None, "running", None, None))
        return Spot(draft.lane, draft)

    def _progress(self, event: Event, spot: Spot) -> Spot:
        draft = self._task_at(spot)
        if draft is None or not draft.attempts:
            return spot
        last = draft.attempts[-1]
        draft.attempts[-1] = Attempt(last.event, last.scheduled_at, event.at, None, "running", None, None)
        return Spot(draft.lane, draft)

    def _succeed(self, event: Event, spot: Spot) -> Spot:
        draft = self._subject(event, spot)
        if draft is None:
            return spot
        draft.failure = None
        draft.finish_attempt(event, "succeeded")
        return Spot(draft.lane, draft)

    def _fail(self, event: Event, spot: Spot) -> Spot:
        draft = self._subject(event, spot)
        if draft is None:
            return spot
        blamed = spot.draft if spot.draft is not draft else draft.failure
        draft.failure = event
        draft.error, draft.cause = event.text("error"), event.text("cause")
        if draft.error is None:
            draft.blame(blamed)
        if event.type in COMPOUND_FAILED:
            give_up(list(draft.busy), event)
        draft.finish_attempt(event, "timed_out" if event.type.endswith("TimedOut") else "failed")
        return Spot(draft.lane, draft)

    def _subject(self, event: Event, spot: Spot) -> Draft | None:
        """The visit an outcome belongs to."""
        if event.type == "EvaluationFailed":
            return self._evaluated(event, spot)
        family = "Map" if event.type.startswith("Map") else "Parallel" if event.type.startswith("Parallel") else "Task"
        if family == "Task":
            return self._task_at(spot)
        return self._up(spot, lambda owner: owner.type == family and owner.is_open) or self._up(
            spot, lambda owner: owner.type == family
        )

    def _evaluated(self, event: Event, spot: Spot) -> Draft | None:
        """AWS links a failed evaluation to what came before the state was entered; its text names the visit."""
        said = _ENTERED_AT.search((event.text("cause") or "")[:4096])
        if said and (draft := self.by_entry.get(int(said[1]))):
            return draft
        return self._named(event.state, spot) or spot.draft

    # -- iterations -------------------------------------------------------------------------------------------------

    def _start_iteration(self, event: Event, spot: Spot) -> Spot:
        owner = self._named(event.state, spot)
        if owner is None:
            return Spot(spot.lane, None)
        owner.reopen(self.redriven)
        lane = owner.new_lane("iteration", event.index)
        wait = self.waits_in.pop(lane.path, None)
        if wait and not wait.is_open:
            wait = None
        lane = wait.lane if wait else lane
        owner.running_iterations[event.index] = (len(owner.iterations), lane)
        owner.iterations.append(Iteration(event.index, "running", event.at, None))
        return Spot(lane, wait)

    def _end_iteration(self, event: Event, spot: Spot) -> Spot:
        owner = self._named(event.state, spot)
        if owner is None:
            return spot
        number, lane = owner.running_iterations.pop(event.index, (None, None))
        if number is None or lane is None:
            return Spot(spot.lane, spot.draft) if spot.lane.owner is owner else Spot(owner.lane, owner)
        started = owner.iterations[number].started_at
        owner.iterations[number] = Iteration(event.index, ITERATION_ENDED[event.type], started, event.at)
        failed = next(reversed(lane.open.values()), None)
        give_up([lane], event)
        return Spot(lane, failed)

    # -- ends -------------------------------------------------------------------------------------------------------

    def _end(self, event: Event, spot: Spot) -> Spot:
        if spot.draft and self.redriven and _was_over_before(spot.draft, self.redriven):
            spot.draft.reopen(self.redriven)
        if event.type == "ExecutionFailed":
            self._lay_blame(event, spot)
        give_up([self.top], event)
        return spot

    def _lay_blame(self, event: Event, spot: Spot) -> None:
        """An execution's error is that of the visit it came from, and of the Maps and Parallels around it."""
        draft = spot.draft
        for _ in range(MAX_NESTING):
            if draft is None:
                return
            if draft.is_open or (draft.status == "failed" and draft.error is None):
                draft.failure = draft.failure or event
                draft.error = draft.error or event.text("error")
                draft.cause = draft.cause or event.text("cause")
            draft = draft.lane.owner

    # -- looking around ---------------------------------------------------------------------------------------------

    def _up(self, spot: Spot, wanted: Callable[[Draft], bool]) -> Draft | None:
        """The nearest visit around a spot that is wanted."""
        draft = spot.draft or spot.lane.owner
        for _ in range(MAX_NESTING):
            if draft is None or wanted(draft):
                return draft
            draft = draft.lane.owner
        return None

    def _named(self, state: str | None, spot: Spot) -> Draft | None:
        around = self._up(spot, lambda owner: owner.state == state)
        if around is not None:
            return around
        latest = self.by_state.get(state or "")
        return latest if latest is not None and latest.is_open else None


def _was_over_before(draft: Draft, redriven: Event) -> bool:
    """Whether it was given up before the last redrive, and said nothing since: a Fail state is not entered again."""
    return not draft.exited and draft.ended is not None and draft.ended.id < redriven.id
