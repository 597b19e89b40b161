"""One session of the series through the whole main job, and the proposal that feeds the next one."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from deploy.demo.meeting import DURATION, JOIN_BEFORE, REMINDERS, Meeting
from deploy.demo.office import Mail, link_token
from deploy.demo.reference import reference
from deploy.demo.stage import Stage
from deploy.demo.timeline import Chapter

COUNCILS = 60
CAPACITY = 50
SUPPORTERS = 8
ATTENDING = 44
ANSWERING = 36
ANSWERING_LATE = 6
ANSWERS_COME = timedelta(minutes=10)
NEXT_PEOPLE = 12
A_DAY = timedelta(days=1)
A_WEEK = timedelta(days=7)
BEFORE = timedelta(days=21)
"""When it is scheduled, for a week before it takes place: it will be put off once."""


class Played:
    def __init__(self, stage: Stage, starts_at: datetime, now: datetime, following: datetime) -> None:
        self._stage = stage
        self._office = stage.office
        self._at = starts_at
        self._now = now
        self._following = following
        self._series = reference()["series"]
        self._people = stage.cast.random.sample(stage.cast.people, COUNCILS)
        self._session = Meeting(stage, starts_at - A_WEEK)
        self._first: list[Mail] = []
        self._reminders: list[Mail] = []
        self._surveys: list[Mail] = []
        self._proposals: list[str] = []
        self.results: dict[str, Any] = {}

    def chapters(self) -> Iterator[Chapter]:
        first, over = self._at - BEFORE, self._at + DURATION
        yield Chapter(first, "a session in full", self._schedule)
        yield Chapter(first, "registrations", self._register)
        yield Chapter(first + A_DAY, "a registration is cancelled", self._free_a_seat)
        yield Chapter(first + 2 * A_DAY, "proposals", self._propose)
        yield Chapter(first + 3 * A_DAY, "rescheduled", self._reschedule)
        yield Chapter(self._at - REMINDERS[0], "reminders", self._remind)
        yield Chapter(self._at - JOIN_BEFORE, "people join", self._attend)
        yield Chapter(over, "the session ends", self._end)
        yield Chapter(over + ANSWERS_COME, "answers", self._answer)
        yield Chapter(over + A_DAY, "survey reminder", self._remind_of_survey)
        yield Chapter(over + 2 * A_DAY, "results and materials", self._publish)
        yield Chapter(self._now, "the next session", self._treat_proposals)

    async def _schedule(self) -> str:
        title = {"ca": "Publiquem els contractes menors sense maldecaps", "en": "Publishing minor contracts calmly"}
        await self._session.schedule(self._series["slug"], title, capacity=CAPACITY)
        return f"{self._session.starts_at:%d/%m/%Y %H:%M}, {CAPACITY} seats"

    async def _register(self) -> str:
        await self._session.register(self._people)
        self._first = await self._session.seated(CAPACITY)
        await self._office.take("waiting_list", COUNCILS - CAPACITY)
        return f"{CAPACITY} registered, {COUNCILS - CAPACITY} waiting"

    async def _free_a_seat(self) -> str:
        await self._session.give_up(self._first[:1])
        await self._office.take("promotion", 1)
        self._session.seats += 1
        return "1 promoted from the waiting list"

    async def _propose(self) -> str:
        titles = ("Com protegim les dades personals en publicar actes?", "Un calendari de publicació per a petits")
        for number, title in enumerate(titles):
            body = {"programme": self._series["slug"], "title": title, "email": self._people[number]["email"]}
            answer = await self._office.patiently("POST", "/proposals", json=body, while_status=422)
            self._proposals.append(answer["id"])
        for supporter in self._people[10 : 10 + SUPPORTERS]:
            path = f"/proposals/{self._proposals[0]}/supports"
            await self._office.public("POST", path, {"email": supporter["email"]})
        for mail in await self._office.take("support_confirmation", SUPPORTERS):
            await self._office.public("POST", f"/supports/{link_token(mail, 'support')}", {})
        await self._office.take("proposal_received", len(titles))
        return f"{len(titles)} received, {SUPPORTERS} supports confirmed by mail"

    async def _reschedule(self) -> str:
        self._session.starts_at = self._at
        body = {"starts_at": self._at.isoformat()}
        await self._office.staff("POST", f"/sessions/{self._session.id}/reschedule", body)
        mails = await self._office.take("rescheduled", COUNCILS - 1)
        return f"to {self._at:%d/%m/%Y %H:%M}, {len(mails)} told"

    async def _remind(self) -> str:
        self._reminders = await self._session.remind()
        return f"{CAPACITY} a day before, {CAPACITY} an hour before"

    async def _attend(self) -> str:
        await self._session.join(self._reminders[:ATTENDING])
        page = await self._office.staff("GET", f"/sessions/{self._session.id}/registrations?limit=100")
        came = {item["entity"] for item in page["items"] if item["attended_at"]}
        return f"{len(came)} councils came, {CAPACITY - ATTENDING} people stayed away"

    async def _end(self) -> str:
        self._surveys = await self._session.end()
        return f"{CAPACITY} survey links"

    async def _answer(self) -> str:
        await self._session.answer(self._surveys[:ANSWERING])
        return f"{ANSWERING} received, {CAPACITY - ANSWERING} silent"

    async def _remind_of_survey(self) -> str:
        programme = await self._office.public("GET", f"/programmes/{self._series['slug']}")
        days = programme["survey_reminder_days"]
        self._stage.clock.move_to(self._at + DURATION + timedelta(days=days, hours=1))
        reminders = await self._office.take("survey_reminder", CAPACITY - ANSWERING)
        await self._session.answer(reminders[:ANSWERING_LATE])
        return f"{len(reminders)} reminded, {ANSWERING_LATE} answered then"

    async def _publish(self) -> str:
        self.results = await self._session.publish("Presentació")
        return f"{self.results['n']} answers, recording and 1 document"

    async def _treat_proposals(self) -> str:
        following = Meeting(self._stage, self._following)
        title = {"ca": "Dades personals en la publicitat activa", "en": "Personal data in active publicity"}
        await following.schedule(self._series["slug"], title)
        path = f"/proposals/{self._proposals[0]}/schedule"
        await self._office.patiently("POST", path, json={"session": following.id}, while_status=422)
        told = await self._office.take("proposal_scheduled", 1 + SUPPORTERS)
        await following.register(self._people[-NEXT_PEOPLE:])
        await following.seated(NEXT_PEOPLE)
        treated = f"treats a proposal; {len(told)} told (its author and supporters)"
        return f"{self._following:%d/%m/%Y}, {treated}, {NEXT_PEOPLE} registered"
