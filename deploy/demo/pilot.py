"""The places of the pilot: councils of two provinces ask, are selected by criteria, accept or give up."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from deploy.demo.cast import SEED, Person
from deploy.demo.offers import Offer
from deploy.demo.reference import invented, reference
from deploy.demo.stage import Stage
from deploy.demo.timeline import Chapter

ASKING = 14
PROVINCES = ("Tarragona", "Lleida")
OPEN_FOR = timedelta(days=2)
SELECTED_AFTER = timedelta(days=19)
"""Once the first session of the series, which begins in between, is over."""
A_DAY = timedelta(days=1)


class Pilot:
    def __init__(self, stage: Stage, at: datetime, now: datetime) -> None:
        self._stage = stage
        self._at = at
        self._now = now
        self._offer = Offer(stage, reference()["cohort"]["slug"], invented()["places"])
        self._people = stage.cast.people_of(stage.cast.drawn(ASKING, PROVINCES))
        self._petitions: list[str] = []

    def chapters(self) -> Iterator[Chapter]:
        yield Chapter(self._at, "councils ask for a place in the pilot", self._ask)
        yield Chapter(self._at + SELECTED_AFTER, "ten are selected", self._select)
        yield Chapter(self._at + SELECTED_AFTER + A_DAY, "they accept", self._accept)
        yield Chapter(self._now - A_DAY, "one place more", self._enlarge)

    async def accepted(self) -> list[tuple[str, Person]]:
        """Petitions and who asked."""
        states = await self._offer.states()
        asked = zip(self._petitions, self._people, strict=True)
        return [(petition, person) for petition, person in asked if states[petition] == "accepted"]

    async def _ask(self) -> str:
        now = self._stage.clock.now()
        await self._offer.publish(opens_at=now.isoformat(), closes_at=(now + OPEN_FOR).isoformat())
        self._petitions = await self._offer.ask(self._people, self._answers, owned=True)
        return f"{ASKING} of {' and '.join(PROVINCES)}, drawn by the seed {SEED}"

    def _answers(self, number: int) -> dict[str, str]:
        random, projects = self._stage.cast.random, invented()["projects"]
        hours = str(random.randint(2, 20))
        return {"processes": random.choice(("yes", "no")), "hours": hours, "project": projects[number % len(projects)]}

    async def _select(self) -> str:
        """By score; the office leaves one out and says why."""
        left_out = {self._petitions[0]: "Ja teniu una plataforma de participació en funcionament."}
        await self._stage.office.staff("POST", f"/offers/{self._offer.id}/select", {"left_out": left_out})
        counted = Counter((await self._offer.states()).values())
        await self._stage.office.take("petition_reserve", counted["reserve"])
        await self._stage.office.take("petition_declined", counted["declined"])
        return ", ".join(f"{counted[state]} {state}" for state in ("offered", "reserve", "declined"))

    async def _accept(self) -> str:
        """One withdraws, and the first of the reserve comes in."""
        offered = await self._stage.office.take("petition_offered", self._offer.terms["places"])
        await self._offer.accept(offered[1:])
        await self._offer.withdraw(offered[0])
        await self._offer.accept(await self._stage.office.take("petition_offered", 1))
        return f"{len(offered)} accepted; 1 had withdrawn, and 1 of the reserve came in"

    async def _enlarge(self) -> str:
        await self._offer.change(places=self._offer.terms["places"] + 1)
        await self._stage.office.take("petition_offered", 1)
        return "offered to the next of the reserve, who has not answered yet"
