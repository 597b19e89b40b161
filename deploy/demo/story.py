"""The demonstration's whole story: a year of both reference programmes."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from typing import Any

from deploy.demo.cohort import Cohort
from deploy.demo.moving_in import MovingIn
from deploy.demo.pilot import Pilot
from deploy.demo.played import Played
from deploy.demo.programmes import Programmes
from deploy.demo.report import Report
from deploy.demo.stage import Stage
from deploy.demo.support import Support
from deploy.demo.timeline import Calendar, Chapter, tell
from deploy.demo.year import Year

AN_HOUR = timedelta(hours=1)


async def play(stage: Stage, calendar: Calendar, report: Report) -> dict[str, Any]:
    """Play all of it; the results of the session that is played in full. Raises DemoFailedError."""
    played = Played(stage, calendar.played, calendar.now, calendar.following)
    await tell(chain(_chapters(stage, calendar), played.chapters()), stage.clock, report)
    await stage.office.require_no_other_mail()
    return played.results


def _chapters(stage: Stage, calendar: Calendar) -> Iterator[Chapter]:
    programmes = Programmes(stage, calendar.first)
    pilot = Pilot(stage, calendar.first + 4 * AN_HOUR, calendar.now)
    yield from programmes.chapters()
    yield from MovingIn(stage, calendar.first + AN_HOUR).chapters()
    yield from Year(stage, calendar.monthly).chapters()
    yield from pilot.chapters()
    yield from Cohort(stage, pilot, calendar).chapters()
    yield from Support(stage, pilot, programmes.finished, calendar.now).chapters()
