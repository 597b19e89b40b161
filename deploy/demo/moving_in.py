"""The six real sessions that the series held before, moved in as an office does: files through the import API."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from deploy.demo.cast import SEED
from deploy.demo.meeting import VIDEO
from deploy.demo.reference import reference
from deploy.demo.stage import Stage
from deploy.demo.timeline import Chapter

COUNCILS = (30, 50)
"""In each session, at least and at most."""
ATTENDING = 0.75
ANSWERING = 0.8
ROOM = timedelta(hours=1)


class MovingIn:
    def __init__(self, stage: Stage, at: datetime) -> None:
        self._stage = stage
        self._at = at
        series = reference()["series"]
        self._programme: str = series["slug"]
        self._sessions = series["sessions"]
        self._came: dict[str, int] = {}
        """By day."""

    def chapters(self) -> Iterator[Chapter]:
        yield Chapter(self._at, "six past sessions moved in", self._bring_sessions)
        yield Chapter(self._at + ROOM, "who took part in them", self._bring_participation)
        yield Chapter(self._at + 2 * ROOM, "what they thought", self._bring_results)

    async def _bring_sessions(self) -> str:
        header = ("programme", "date", "time", "duration_minutes", "title_ca", "title_en", "recording_url")
        rows = [
            (self._programme, day, "10:00", 60, each["title"]["ca"], each["title"]["en"], f"{VIDEO}/{day}")
            for each in self._sessions
            if (day := each["date"])
        ]
        new = await self._stage.office.bring("sessions", header, rows)
        return f"{new} with their real dates and titles, and recordings at invented addresses"

    async def _bring_participation(self) -> str:
        random, councils, rows = self._stage.cast.random, self._stage.cast.following, []
        for each in self._sessions:
            for council in random.sample(councils, random.randint(*COUNCILS)):
                registered = random.choice((1, 1, 1, 2))
                attended = sum(random.random() < ATTENDING for _ in range(registered))
                self._came[each["date"]] = self._came.get(each["date"], 0) + attended
                rows.append((self._programme, each["date"], council.code, registered, attended))
        header = ("programme", "session", "entity", "registered", "attended")
        new = await self._stage.office.bring("participation", header, rows)
        return f"{new} lines of councils, drawn from the directory by the seed {SEED}; {sum(self._came.values())} came"

    async def _bring_results(self) -> str:
        header = ("programme", "session", "answers", "question", "mean")
        rows = [
            (self._programme, day, round(came * ANSWERING), question, mean)
            for day, came in self._came.items()
            for question, mean in self._stage.cast.means().items()
        ]
        new = await self._stage.office.bring("results", header, rows)
        return f"{new} means of {len(self._came)} surveys, drawn by the seed {SEED}"
