"""What is asked of both programmes towards the end: support of the series, consultations of the cohort's members."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from deploy.demo.offers import Offer
from deploy.demo.pilot import Pilot
from deploy.demo.reference import invented, reference
from deploy.demo.stage import Stage
from deploy.demo.timeline import Chapter

CONSULTING = 5
SHORTLY_BEFORE = timedelta(days=3)
ANSWER = "Us responem a la pàgina d'ajuda, amb captures de pantalla. Si no en teniu prou, truqueu-nos."


class Support:
    def __init__(self, stage: Stage, pilot: Pilot, finished: Sequence[str], now: datetime) -> None:
        """`finished`: codes of councils that finished a resource; filled while the story is played."""
        self._stage = stage
        self._pilot = pilot
        self._finished = finished
        self._at = now - SHORTLY_BEFORE

    def chapters(self) -> Iterator[Chapter]:
        yield Chapter(self._at, "support is asked for", self._ask_for_support)
        yield Chapter(self._at, "members consult", self._consult)

    async def _ask_for_support(self) -> str:
        """By three councils that may, and one that has finished no resource."""
        people, doubts = self._stage.cast.people, invented()["doubts"]
        may = [person for person in people if person["entity"] in self._finished][:3]
        may_not = next(person for person in people if person["entity"] not in self._finished)
        offer = Offer(self._stage, reference()["series"]["slug"], invented()["support"])
        await offer.publish()
        first, second, third, _ = await offer.ask([*may, may_not], lambda n: {"doubts": doubts[n]}, owned=False)
        for petition in (first, second):
            await offer.do(petition, "decide", state="accepted")
        await offer.do(third, "review")
        await self._stage.office.take("petition_accepted", 2)
        return "by 4 councils: 2 accepted, 1 under review, 1 that has finished no resource waits for the office"

    async def _consult(self) -> str:
        people, questions = [person for _, person in await self._pilot.accepted()], invented()["questions"]
        offer = Offer(self._stage, reference()["cohort"]["slug"], invented()["consultations"])
        await offer.publish()
        asked = await offer.ask(people[:CONSULTING], lambda n: {"question": questions[n]}, owned=True)
        answered, passed_on, reviewed, *received = asked
        await offer.do(answered, "answer", text=ANSWER)
        await offer.do(passed_on, "assign", owner="", reason="És una millora de la plataforma: la porta l'oficina.")
        await offer.do(reviewed, "review")
        await self._stage.office.take("petition_answered", 1)
        waiting = f"{len(received)} with the bodies, 1 passed on to the office"
        return f"{len(asked)} times: 1 answered, 1 under review, {len(received) + 1} received ({waiting})"
