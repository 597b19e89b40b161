"""The cohort: ten councils on their way through the phases, each at its own pace."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from deploy.demo.meeting import DURATION, Meeting
from deploy.demo.pilot import SELECTED_AFTER, Pilot
from deploy.demo.reference import invented, reference
from deploy.demo.stage import Stage
from deploy.demo.timeline import MADRID, Calendar, Chapter

PACES = (1, 1, 1, 2, 2, 2, 3, 3, 3, 4)
"""In which phase each council is at the end, from 1."""
PRESENT = 8
"""Of the ten, at the training."""
A_DAY = timedelta(days=1)
STEP_DUE = 10 * A_DAY
NEW_STEP_DUE = 30 * A_DAY
REMINDED = (7 * A_DAY, A_DAY)
TEN = time(10)


class Cohort:
    def __init__(self, stage: Stage, pilot: Pilot, calendar: Calendar) -> None:
        self._stage = stage
        self._office = stage.office
        self._pilot = pilot
        self._at = calendar.first + SELECTED_AFTER + 2 * A_DAY
        self._rounds = calendar.monthly[2:7:2]
        self._stepping = calendar.played + 9 * A_DAY
        self._now = calendar.now
        self._programme: str = reference()["cohort"]["slug"]
        self._phases: list[str] = []
        self._members: list[str] = []
        self._where: dict[str, int] = {}
        """By membership, from 1."""

    def chapters(self) -> Iterator[Chapter]:
        yield Chapter(self._at, "they begin", self._begin)
        yield Chapter(self._at + A_DAY, "a meeting of the cohort", self._meet)
        for after in self._rounds:
            yield Chapter(after + 4 * A_DAY, "they go on", self._go_on)
        yield Chapter(self._stepping, "next steps", self._set_next_steps)
        yield Chapter(self._now, "next steps done", self._do_next_steps)

    async def _begin(self) -> str:
        programme = await self._office.public("GET", f"/programmes/{self._programme}")
        self._phases = [phase["key"] for phase in programme["phases"]]
        for petition, _ in await self._pilot.accepted():
            body = {"programme": self._programme, "petition": petition}
            self._members.append((await self._office.staff("POST", "/memberships", body))["id"])
        self._where = dict.fromkeys(self._members, 1)
        await self._office.take("membership_started", len(self._members))
        return f"{len(self._members)} councils in the first phase, each accompanied by the body of its province"

    async def _meet(self) -> str:
        starts_at = datetime.combine((self._stage.clock.now() + 3 * A_DAY).date(), TEN, MADRID)
        meeting = Meeting(self._stage, starts_at)
        await meeting.schedule(self._programme, invented()["training"], audience="members", survey=False)
        await self._office.staff("POST", f"/sessions/{meeting.id}/enrol", {})
        await meeting.seated(len(self._members))
        reminders = await meeting.remind()
        await meeting.join(reminders[:PRESENT])
        self._stage.clock.move_to(starts_at + DURATION)
        await self._office.staff("POST", f"/sessions/{meeting.id}/end", {})
        return f"{meeting.seats} enrolled, {PRESENT} came; nobody else sees it"

    async def _go_on(self) -> str:
        """Each council goes on to the next phase, as long as that is its pace."""
        moving = [member for member, pace in zip(self._members, PACES, strict=True) if self._where[member] < pace]
        for member in moving:
            phase = self._phases[self._where[member]]
            await self._office.staff("POST", f"/memberships/{member}/advance", {"phase": phase, "state": "doing"})
            self._where[member] += 1
        await self._office.take("membership_advanced", len(moving))
        counted = Counter(self._where.values())
        return "councils by phase: " + ", ".join(f"{phase}: {counted[phase]}" for phase in sorted(counted))

    async def _set_next_steps(self) -> str:
        """They are reminded of a week and a day before."""
        due_on = (self._stage.clock.now() + STEP_DUE).astimezone(MADRID).date()
        steps = dict(zip(self._members, invented()["steps"], strict=False))
        for member, text in steps.items():
            await self._change(member, next_step={"text": text, "due_on": due_on.isoformat()})
            await self._office.await_planned("membership_next_step", member, len(REMINDED))
        for before in REMINDED:
            self._stage.clock.move_to(datetime.combine(due_on, TEN, MADRID) - before)
            await self._office.take("membership_next_step", len(steps))
        return f"{len(steps)} councils, reminded a week and a day before"

    async def _do_next_steps(self) -> str:
        """One of them has not, and is late."""
        done = self._members[1 : len(invented()["steps"])]
        due_on = (self._stage.clock.now() + NEW_STEP_DUE).date()
        for member in done:
            await self._change(member, next_step={"text": "Reunió de seguiment", "due_on": due_on.isoformat()})
        await self._change(self._members[-1], project_url="https://participa.example")
        return f"{len(done)} done, with another one ahead; 1 late"

    async def _change(self, member: str, **changes: Any) -> None:
        await self._office.staff("PATCH", f"/memberships/{member}", changes)
