"""Who gets a survey's links, and who of them is reminded."""

from services.notifications.deliveries.expansion import Plan, same_for_all
from services.notifications.deliveries.fanouts import Fanout
from services.notifications.projections.recipients import RecipientStore
from services.notifications.surveys.domain import LinkMaker
from services.notifications.surveys.store import SurveyStore
from shared.clock import Clock


class SurveyLinks:
    """Plans the fan-outs of surveys and of their reminders."""

    def __init__(self, surveys: SurveyStore, recipients: RecipientStore, clock: Clock) -> None:
        self._surveys = surveys
        self._recipients = recipients
        self._clock = clock
        self._holders: tuple[str, dict[str, str]] = ("", {})

    async def plan_survey(self, fanout: Fanout) -> Plan | None:
        """The survey for those whose link feedback has taken over; None once the key is destroyed."""
        survey = await self._surveys.get(fanout.subject_id)
        if survey is None or not survey.key:
            return None
        parts = await self._surveys.parts_of(survey.id)
        opened = {digest for part in parts for digest in survey.opened_of(part)}
        maker = LinkMaker(survey.key_bytes, survey.id)
        make = same_for_all(fanout, self._clock())
        return Plan(lambda recipients: make([each for each in recipients if maker.hash(each) in opened]))

    async def plan_reminder(self, fanout: Fanout) -> Plan:
        """The reminder for those whose links the fan-out names."""
        if self._holders[0] != fanout.subject_id:
            self._holders = (fanout.subject_id, await self._read_holders(fanout.subject_id))
        holders = self._holders[1]
        recipients = sorted(holders[digest] for digest in fanout.hashes if digest in holders)
        return Plan(same_for_all(fanout, self._clock()), recipients)

    def forget(self) -> None:
        """Forget whose the links are: it was kept from one part of a reminder to the next."""
        self._holders = ("", {})

    async def _read_holders(self, session_id: str) -> dict[str, str]:
        """Registration by hash of its link."""
        survey = await self._surveys.get(session_id)
        if survey is None or not survey.key:
            return {}
        maker = LinkMaker(survey.key_bytes, session_id)
        return {maker.hash(registration): registration for registration in await self._recipients.seated(session_id)}
