"""The two reference programmes, and what councils did with the resources of the catalogue."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from deploy.demo.cast import SEED
from deploy.demo.reference import reference
from deploy.demo.stage import Stage
from deploy.demo.timeline import Chapter

SETTINGS = {"time_zone": "Europe/Madrid", "organiser": "Oficina de demostració: ens sortejats, dades inventades"}
"""Pages and mails say so too: nobody takes a council drawn for one that takes part."""
ASKING = 60
"""Councils that requested one of the resources before the year."""
FINISHED = 0.6


class Programmes:
    def __init__(self, stage: Stage, at: datetime) -> None:
        self._stage = stage
        self._at = at
        self.finished: list[str] = []
        """Codes of the councils that finished a resource."""

    def chapters(self) -> Iterator[Chapter]:
        yield Chapter(self._at, "programmes", self._define)
        yield Chapter(self._at, "resources of the catalogue", self._tell_assistances)

    async def _define(self) -> str:
        series, cohort = reference()["series"], reference()["cohort"]
        shown = {field: series[field] for field in ("slug", "name", "summary", "audience")}
        body = shown | SETTINGS | {"kind": "series", "survey_questions": series["survey"]}
        await self._stage.office.staff("POST", "/programmes", body)
        defined = await self._stage.office.staff("POST", "/programmes", cohort | SETTINGS | {"kind": "cohort"})
        with_bodies = f"with {len(defined['bodies'])} bodies and {len(defined['phases'])} phases"
        return f"{series['name']['ca']}; {cohort['name']['ca']} {with_bodies}"

    async def _tell_assistances(self) -> str:
        random, resources = self._stage.cast.random, reference()["resources"]
        for resource in resources:
            await self._stage.office.staff("POST", "/resources", resource)
        rows = []
        for number, council in enumerate(random.sample(self._stage.cast.following, ASKING)):
            requested = self._at.date() - timedelta(days=random.randint(120, 700))
            finished = requested + timedelta(days=random.randint(30, 110)) if random.random() < FINISHED else ""
            self.finished += [council.code] if finished else []
            slug = random.choice(resources)["slug"]
            rows.append((slug, council.code, f"EXP-{number + 1:03}", requested, finished))
        header = ("resource", "entity", "reference", "requested_on", "finished_on")
        new = await self._stage.office.bring("assistances", header, rows)
        drawn = f"{new} councils, drawn by the seed {SEED}"
        return f"{len(resources)}, requested by {drawn}; finished by {len(self.finished)}"
