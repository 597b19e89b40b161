from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import nats
import orjson

from services.registration.projections import KnownBounces, KnownProposals
from shared.events import Event
from shared.events.notifications import BounceLifted, MailBounced
from shared.events.proposals import ProposalDeclined, ProposalEvent, ProposalSupported, TopicProposed
from shared.events.vocabulary import ProposalKind, ProposalState
from shared.storage.opening import open_store
from tests.integration.registration.test_service import running_service
from tests.support.nats import running_broker
from tests.support.probes import eventually


def _told(
    event: type[ProposalEvent], proposal: str, version: int, state: ProposalState, supports: int
) -> ProposalEvent:
    return event(
        version=version,
        proposal_id=proposal,
        programme="dijous",
        kind=ProposalKind.TOPIC,
        title="Actes en format obert",
        state=state,
        supports=supports,
    )


async def _publish(url: str, events: Sequence[Event]) -> None:
    connection = await nats.connect(url)
    for event in events:
        envelope = event.envelope(now=datetime.now(UTC))
        await connection.jetstream().publish(envelope.subject, orjson.dumps(envelope.data), headers=envelope.headers)
    await connection.close()


async def test_the_office_learns_by_events_which_proposals_wait(tmp_path: Path) -> None:
    received, declined = ProposalState.RECEIVED, ProposalState.DECLINED
    events = [
        _told(TopicProposed, "aaaaaaaaaaaaaaaa", 1, received, 0),
        _told(ProposalSupported, "aaaaaaaaaaaaaaaa", 2, received, 1),
        _told(ProposalDeclined, "bbbbbbbbbbbbbbbb", 3, declined, 0),
        _told(TopicProposed, "bbbbbbbbbbbbbbbb", 1, received, 0),  # overtaken on the way
    ]
    async with running_broker() as broker, running_service(tmp_path, broker):
        await _publish(broker.url, events)
        store = open_store(f"sqlite:///{tmp_path}", "registration")

        async def learned() -> None:
            waiting = await KnownProposals(store).unanswered(limit=10)
            assert [(proposal.id, proposal.supports) for proposal in waiting] == [("aaaaaaaaaaaaaaaa", 1)]
            assert await store.get("known_proposals", "bbbbbbbbbbbbbbbb")

        await eventually(learned)
        await store.close()


def _bounced(suppression: str, recipient: str) -> MailBounced:
    at = datetime(2026, 11, 26, 9, tzinfo=UTC)
    return MailBounced(
        version=1,
        suppression_id=suppression,
        kind="reminder",
        subject_id="ssssssssssssssss",
        recipient_id=recipient,
        bounced_at=at,
    )


async def test_the_office_learns_by_events_whom_mails_do_not_reach(tmp_path: Path) -> None:
    events = [
        _bounced("aaaaaaaaaaaaaaaa", "pppppppppppppppp"),
        BounceLifted(version=2, suppression_id="bbbbbbbbbbbbbbbb"),
        _bounced("bbbbbbbbbbbbbbbb", "qqqqqqqqqqqqqqqq"),  # overtaken on the way
    ]
    async with running_broker() as broker, running_service(tmp_path, broker):
        await _publish(broker.url, events)
        store = open_store(f"sqlite:///{tmp_path}", "registration")

        async def learned() -> None:
            assert await KnownBounces(store).recipients() == ["pppppppppppppppp"]
            assert await store.get("known_bounces", "bbbbbbbbbbbbbbbb")

        await eventually(learned)
        assert await KnownBounces(store).count_standing() == 1
        await store.close()
