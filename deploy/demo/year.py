"""A year of the series' monthly sessions, each with those who registered, came and answered."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from deploy.demo.meeting import Meeting
from deploy.demo.reference import invented, reference
from deploy.demo.stage import Stage
from deploy.demo.timeline import BEFORE_EACH, Chapter

REGISTERED = (15, 25)
"""In each session, at least and at most."""
CANCELLED = (0, 3)
PUBLISHED_AFTER = timedelta(days=2)


class Year:
    def __init__(self, stage: Stage, days: Sequence[datetime]) -> None:
        self._stage = stage
        self._days = days

    def chapters(self) -> Iterator[Chapter]:
        titles = invented()["titles"]
        for number, day in enumerate(self._days):
            play = partial(self._play, titles[number % len(titles)], day)
            yield Chapter(day - BEFORE_EACH, f"the session of {day:%d/%m/%Y}", play)

    async def _play(self, title: dict[str, str], starts_at: datetime) -> str:
        random, meeting = self._stage.cast.random, Meeting(self._stage, starts_at)
        people = random.sample(self._stage.cast.people, random.randint(*REGISTERED))
        await meeting.schedule(reference()["series"]["slug"], title)
        await meeting.register(people)
        confirmations = await meeting.seated(len(people))
        cancelled = random.randint(*CANCELLED)
        await meeting.give_up(confirmations[:cancelled])
        reminders = await meeting.remind()
        came = meeting.seats * random.randint(70, 90) // 100
        await meeting.join(reminders[:came])
        surveys = await meeting.end()
        await meeting.answer(surveys[: came * random.randint(60, 90) // 100])
        self._stage.clock.pass_by(PUBLISHED_AFTER)
        results = await meeting.publish("Presentació")
        return f"{len(people)} registered, {cancelled} cancelled, {came} came, {results['n']} answered"
