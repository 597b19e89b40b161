"""The demonstration's story: both reference programmes, then one session of the series through the whole main job."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from deploy.demo.office import Office, link_token
from deploy.demo.reference import answers, person, reference
from deploy.demo.report import Report
from shared.clock import ShiftedClock, system_clock

COUNCILS = 60
CAPACITY = 50
SUPPORTERS = 8
ATTENDING = 44
ANSWERING = 36
ANSWERING_LATE = 6
MADRID = ZoneInfo("Europe/Madrid")
JOIN_URL = "https://teams.example/dijous-gomunicipal"
THURSDAY = 4
DECEMBER = 12
A_WEEK = timedelta(days=7)
BEFORE_EACH = timedelta(days=20)
JOIN_BEFORE = timedelta(minutes=5)
STORY_TAKES = timedelta(days=20)
"""The played session is at least this long ago, so that its story ends before now."""
FIRST_MOMENT = datetime(2023, 8, 31, 7, tzinfo=UTC)
"""Before the first of the six real sessions."""


def last_thursday(*, before: datetime) -> datetime:
    """The latest ten o'clock of a month's last Thursday before an instant; December has no session."""
    day = before.astimezone(MADRID).date()
    while True:
        day -= timedelta(days=1)
        if day.isoweekday() == THURSDAY and (day + A_WEEK).month != day.month and day.month != DECEMBER:
            return datetime.combine(day, time(10), MADRID)


class MovableClock:
    """The demonstration's clock: a file with an offset that every process of the installation reads."""

    def __init__(self, offset_file: Path) -> None:
        self._file = offset_file
        self.now = ShiftedClock(offset_file)

    def move_to(self, instant: datetime) -> None:
        """Set the clock to that instant (aware); time goes on from there."""
        self._write((instant - system_clock()).total_seconds())

    def move_to_present(self) -> None:
        self._write(0)

    def _write(self, offset: float) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(str(offset))
        new.replace(self._file)


class Story:
    """Each step waits until its effects have arrived."""

    def __init__(self, office: Office, clock: MovableClock, report: Report) -> None:
        self._office = office
        self._clock = clock
        self._report = report
        self._series = reference()["series"]
        self._people: list[dict[str, Any]] = []
        self._session = ""
        self._starts_at = clock.now()
        self._proposals: list[str] = []

    async def play(self) -> dict[str, Any]:
        """Play all steps and return the published results. Raises DemoFailedError."""
        await self._define_programmes()
        await self._load_past_sessions()
        await self._schedule()
        await self._register()
        await self._free_a_seat()
        await self._propose()
        await self._reschedule()
        await self._remind()
        await self._attend()
        await self._end()
        await self._answer()
        await self._remind_of_survey()
        results = await self._publish()
        await self._treat_proposals()
        return results

    async def _define_programmes(self) -> None:
        with self._report.step("programmes") as outcome:
            cohort = reference()["cohort"]
            settings = {"time_zone": "Europe/Madrid"}
            series = {field: self._series[field] for field in ("slug", "name", "summary", "audience")}
            questions = {"survey_questions": self._series["survey"]}
            await self._office.staff("POST", "/programmes", series | {"kind": "series"} | settings | questions)
            await self._office.staff("POST", "/programmes", cohort | {"kind": "cohort"} | settings)
            outcome += [self._series["name"]["ca"], cohort["name"]["ca"]]

    async def _load_past_sessions(self) -> None:
        with self._report.step("past sessions") as outcome:
            for past in self._series["sessions"]:
                starts_at = datetime.combine(date.fromisoformat(past["date"]), time(10), MADRID)
                self._clock.move_to(starts_at - BEFORE_EACH)
                session = await self._schedule_one(past["title"], starts_at)
                self._clock.move_to(starts_at + timedelta(minutes=self._series["duration_minutes"]))
                await self._office.staff("POST", f"/sessions/{session}/end", {})
            outcome.append(f"{len(self._series['sessions'])} scheduled and ended at their time")

    async def _schedule_one(self, title: dict[str, str], starts_at: datetime, capacity: int | None = None) -> str:
        body = {
            "programme": self._series["slug"],
            "title": title,
            "starts_at": starts_at.isoformat(),
            "duration_minutes": self._series["duration_minutes"],
            "capacity": capacity,
            "join_url": JOIN_URL,
        }
        return str((await self._office.staff("POST", "/sessions", body))["id"])

    async def _schedule(self) -> None:
        with self._report.step("a new session") as outcome:
            takes_place_at = last_thursday(before=datetime.now(UTC) - STORY_TAKES)
            self._starts_at = takes_place_at - A_WEEK  # it will be put off once
            self._clock.move_to(self._starts_at - BEFORE_EACH)
            title = {"ca": "Publiquem els contractes menors sense maldecaps", "en": "Publishing minor contracts calmly"}
            self._session = await self._schedule_one(title, self._starts_at, CAPACITY)
            outcome.append(f"{self._starts_at:%d/%m/%Y %H:%M}, {CAPACITY} seats")

    async def _register(self) -> None:
        with self._report.step("registrations") as outcome:
            found = await self._office.public("GET", "/entities?q=ajuntament&limit=100")
            councils = [item for item in found["items"] if item["kind"] == "municipality"][:COUNCILS]
            self._people = [person(number, item["code"]) for number, item in enumerate(councils)]
            for body in self._people:  # one after the other: first come, first seated
                # With the office's token, which lifts the limits: all these requests come from one address.
                await self._office.staff("POST", f"/sessions/{self._session}/registrations", body)
            await self._office.await_mails("confirmation", CAPACITY)
            await self._office.await_mails("waiting_list", COUNCILS - CAPACITY)
            outcome += [f"{CAPACITY} registered", f"{COUNCILS - CAPACITY} waiting"]

    async def _free_a_seat(self) -> None:
        with self._report.step("a registration is cancelled") as outcome:
            first = (await self._office.await_mails("confirmation", CAPACITY))[0]
            await self._office.public("DELETE", f"/registrations/{link_token(first, 'registration')}")
            await self._office.await_mails("promotion", 1)
            outcome.append("1 promoted from the waiting list")

    async def _propose(self) -> None:
        with self._report.step("proposals") as outcome:
            titles = ("Com protegim les dades personals en publicar actes?", "Un calendari de publicació per a petits")
            for number, title in enumerate(titles):
                body = {"programme": self._series["slug"], "title": title, "email": self._people[number]["email"]}
                answer = await self._office.patiently("POST", "/proposals", body, while_status=422)
                self._proposals.append(answer["id"])
            for supporter in self._people[10 : 10 + SUPPORTERS]:
                path = f"/proposals/{self._proposals[0]}/supports"
                await self._office.public("POST", path, {"email": supporter["email"]})
            for mail in await self._office.await_mails("support_confirmation", SUPPORTERS):
                await self._office.public("POST", f"/supports/{link_token(mail, 'support')}", {})
            await self._office.await_mails("proposal_received", len(titles))
            outcome += [f"{len(titles)} received", f"{SUPPORTERS} supports confirmed by mail"]

    async def _reschedule(self) -> None:
        with self._report.step("rescheduled") as outcome:
            self._starts_at += A_WEEK
            body = {"starts_at": self._starts_at.isoformat()}
            await self._office.staff("POST", f"/sessions/{self._session}/reschedule", body)
            mails = await self._office.await_mails("rescheduled", CAPACITY)
            outcome += [f"to {self._starts_at:%d/%m/%Y %H:%M}", f"{len(mails)} told"]

    async def _remind(self) -> None:
        with self._report.step("reminders") as outcome:
            for number, before in enumerate((timedelta(days=1), timedelta(hours=1)), 1):
                self._clock.move_to(self._starts_at - before)
                await self._office.await_mails("reminder", number * CAPACITY)
            outcome += [f"{CAPACITY} a day before", f"{CAPACITY} an hour before"]

    async def _attend(self) -> None:
        with self._report.step("people join") as outcome:
            self._clock.move_to(self._starts_at - JOIN_BEFORE)
            reminders = (await self._office.await_mails("reminder", 2 * CAPACITY))[-CAPACITY:]
            for mail in reminders[:ATTENDING]:
                await self._office.join(link_token(mail, "join"))
            page = await self._office.staff("GET", f"/sessions/{self._session}/registrations?limit=100")
            came = {item["entity"] for item in page["items"] if item["attended_at"]}
            outcome += [f"{len(came)} councils came", f"{CAPACITY - ATTENDING} people stayed away"]

    async def _end(self) -> None:
        with self._report.step("the session ends") as outcome:
            self._clock.move_to(self._starts_at + timedelta(minutes=self._series["duration_minutes"]))
            await self._office.staff("POST", f"/sessions/{self._session}/end", {})
            await self._office.await_mails("survey", CAPACITY)
            outcome.append(f"{CAPACITY} survey links")

    async def _answer(self) -> None:
        with self._report.step("answers") as outcome:
            surveys = await self._office.await_mails("survey", CAPACITY)
            await asyncio.gather(*(self._submit(number, mail) for number, mail in enumerate(surveys[:ANSWERING])))
            outcome += [f"{ANSWERING} received", f"{CAPACITY - ANSWERING} silent"]

    async def _submit(self, number: int, mail: dict[str, Any]) -> None:
        comment = "Molt útil, gràcies." if number % 9 == 0 else ""
        body = {"answers": answers(number), "comment": comment}
        await self._office.public("POST", f"/surveys/{link_token(mail, 'survey')}", body)

    async def _remind_of_survey(self) -> None:
        with self._report.step("survey reminder") as outcome:
            programme = await self._office.public("GET", f"/programmes/{self._series['slug']}")
            self._clock.move_to(self._starts_at + timedelta(days=programme["survey_reminder_days"], hours=2))
            reminders = await self._office.await_mails("survey_reminder", CAPACITY - ANSWERING)
            late = reminders[:ANSWERING_LATE]
            await asyncio.gather(*(self._submit(number, mail) for number, mail in enumerate(late)))
            outcome += [f"{len(reminders)} reminded", f"{len(late)} answered then"]

    async def _publish(self) -> dict[str, Any]:
        with self._report.step("results and materials") as outcome:
            results: dict[str, Any] = await self._office.staff("POST", f"/results/{self._session}/publish", {})
            materials = {
                "recording_url": "https://video.example/dijous-gomunicipal",
                "materials": [{"title": "Presentació", "url": "https://materials.example/contractes.pdf"}],
            }
            await self._office.staff("POST", f"/sessions/{self._session}/materials", materials)
            await self._office.await_mails("results", CAPACITY)
            await self._office.await_mails("materials", CAPACITY)
            outcome += [f"{results['n']} answers", "recording and 1 document"]
        return results

    async def _treat_proposals(self) -> None:
        with self._report.step("the next session") as outcome:
            self._clock.move_to_present()
            starts_at = last_thursday(before=self._clock.now() + timedelta(days=75))
            title = {"ca": "Dades personals en la publicitat activa", "en": "Personal data in active publicity"}
            following = await self._schedule_one(title, starts_at)
            path = f"/proposals/{self._proposals[0]}/schedule"
            await self._office.patiently("POST", path, {"session": following}, while_status=422)
            told = await self._office.await_mails("proposal_scheduled", 1 + SUPPORTERS)
            outcome += [f"{starts_at:%d/%m/%Y}", f"treats a proposal; {len(told)} told (its author and supporters)"]
