"""What a year's report says, and whether a session kept what its programme promised."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from services.registration.coverage.domain import Seat
from services.registration.programmes.domain import DEFAULT_SURVEY_QUESTIONS, Programme, promised
from services.registration.projections import KnownMean, KnownProposal, KnownResult
from services.registration.report.commitments import Judged, Verdict, judged
from services.registration.report.comparison import rows
from services.registration.report.domain import Facts, Report, report
from services.registration.report.petitions import PetitionFigures
from services.registration.sessions.domain import Session
from shared.entities.domain import Entity
from shared.events.vocabulary import EntityKind, Language, PetitionState, ProgrammeKind, ProposalState, SessionStatus

PROMISED = datetime(2026, 1, 1, tzinfo=UTC)
HELD = datetime(2026, 3, 26, 9, tzinfo=UTC)
PLAIN = Programme(id="dijous", name={Language.CA: "Dijous"}, kind=ProgrammeKind.SERIES)


def _promising(mean: float | None = 5, since: datetime = PROMISED, programme: Programme = PLAIN) -> Programme:
    return promised(programme.model_copy(update={"lowest_mean": mean}), programme, since)


def _session(key: str = "a", starts_at: datetime = HELD, **given: object) -> Session:
    fields: dict[str, object] = {
        "id": key * 16,
        "programme": "dijous",
        "title": {Language.CA: f"Sessió {key}"},
        "starts_at": starts_at,
        "duration_minutes": 60,
        "over_at": starts_at + timedelta(hours=1),
        "status": SessionStatus.ENDED,
        **given,
    }
    return Session.model_validate(fields)


def _result(means: Mapping[str, float | None] | None, answers: int | None = 8, key: str = "a") -> KnownResult:
    questions = None if means is None else {name: KnownMean(mean=mean) for name, mean in means.items()}
    return KnownResult(id=key * 16, seen=1, answers=answers, questions=questions)


def _verdict(result: KnownResult | None, programme: Programme | None = None, **given: object) -> Verdict | None:
    found = judged(programme or _promising(), _session(**given), result)  # type: ignore[arg-type]  # fields of a session
    return found.verdict if found else None


@pytest.mark.parametrize(
    ("means", "verdict"),
    [
        ({"content": 5.0, "duration": 8.2}, Verdict.KEPT),
        ({"content": 4.99, "duration": 8.2}, Verdict.BROKEN),
        ({"content": 4.43, "duration": None}, Verdict.BROKEN),
        ({"content": 8.2, "duration": None}, Verdict.UNKNOWN),
        ({}, Verdict.UNKNOWN),
        (None, Verdict.UNKNOWN),
    ],
)
def test_a_promise_is_kept_by_the_lowest_mean_itself_and_never_told_from_a_hidden_one(
    means: Mapping[str, float | None] | None, verdict: Verdict
) -> None:
    assert _verdict(_result(means)) is verdict


def test_results_that_nobody_may_see_or_that_are_to_come_tell_nothing() -> None:
    assert _verdict(_result({"content": None}, answers=None)) is Verdict.UNKNOWN
    assert _verdict(None) is Verdict.UNKNOWN


def test_nothing_is_promised_of_a_session_without_survey_or_not_held() -> None:
    assert _verdict(None, survey=0) is None
    assert _verdict(None, status=SessionStatus.CANCELLED) is None
    assert _verdict(None, status=SessionStatus.SCHEDULED) is None


def test_a_promise_holds_for_the_sessions_after_it_and_until_it_is_another() -> None:
    low = _result({"content": 5.5})
    assert _verdict(low, PLAIN) is None
    later = _promising(6, HELD + timedelta(days=1))
    assert _verdict(low, later) is None, "the session was held before"
    raised = _promising(6, HELD + timedelta(days=1), _promising(5))
    assert _verdict(low, raised) is Verdict.KEPT, "what was promised then"
    assert _verdict(low, raised, starts_at=HELD + timedelta(days=30)) is Verdict.BROKEN
    taken_back = _promising(None, HELD - timedelta(days=1))
    assert _verdict(low, taken_back) is None


def test_saving_the_same_promise_again_leaves_its_date() -> None:
    once = _promising()
    assert promised(once, once, HELD) == once


def test_the_questions_below_are_named_as_they_were_asked() -> None:
    asked = KnownMean(mean=4.43, text={Language.CA: "Com us hem tractat?"})
    result = KnownResult(id="a" * 16, seen=1, answers=8, questions={"treated": asked, "content": KnownMean(mean=3)})
    found = judged(_promising(), _session(), result)
    content = next(each.text for each in DEFAULT_SURVEY_QUESTIONS if each.key == "content")
    assert found == Judged(
        _session(), 5, Verdict.BROKEN, [({Language.CA: "Com us hem tractat?"}, 4.43), (content, 3.0)]
    )


def _council(code: str, province: str = "Lleida") -> Entity:
    return Entity(
        code=code,
        kind=EntityKind.MUNICIPALITY,
        name=f"Ajuntament {code}",
        short_name=code,
        comarca="Segrià",
        province=province,
        population=900,
    )


def _facts(sessions: list[Session], **given: object) -> Facts:
    fields: dict[str, object] = {
        "programme": _promising(),
        "sessions": sessions,
        "seats": [],
        "results": {},
        "proposals": [],
        "petitions": [],
        "directory": [_council("1"), _council("2", "Girona")],
        **given,
    }
    return Facts(**fields)  # type: ignore[arg-type]  # fields of the dataclass


def _held(found: Report) -> list[str]:
    return [each.session.id[0] for each in found.held]


def test_the_year_is_that_of_the_programmes_zone() -> None:
    new_year = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
    facts = _facts([_session("a", new_year)])
    assert (_held(report(facts, 2026)), _held(report(facts, 2025))) == (["a"], [])
    at_greenwich = PLAIN.model_copy(update={"time_zone": "Europe/London"})
    assert _held(report(_facts([_session("a", new_year)], programme=at_greenwich), 2025)) == ["a"]
    assert facts.years(datetime(2027, 5, 1, tzinfo=UTC)) == [2027, 2026]


def test_recorded_sessions_count_and_cancelled_ones_stand_apart() -> None:
    sessions = [
        _session("a"),
        _session("b", recorded=1),
        _session("c", status=SessionStatus.CANCELLED),
        _session("d", status=SessionStatus.SCHEDULED),
    ]
    seats = [Seat(session.id, "1", came=True) for session in sessions]
    found = report(_facts(sessions, seats=seats), 2026)
    assert (_held(found), found.recorded) == (["a", "b"], 1)
    assert [each.id[0] for each in found.cancelled] == ["c"]
    assert [each.id[0] for each in found.coming] == ["d"]
    assert found.registered == 2, "only of what was held"


def test_councils_are_covered_by_who_came_in_the_year() -> None:
    sessions = [_session("a"), _session("b", datetime(2025, 3, 27, 9, tzinfo=UTC))]
    seats = [
        Seat("a" * 16, "1", came=True),
        Seat("a" * 16, "2", came=False),
        Seat("a" * 16, "2", came=False),
        Seat("b" * 16, "2", came=True),
    ]
    now, before = (report(_facts(sessions, seats=seats), year) for year in (2026, 2025))
    assert (now.registered, now.attended, now.entities_that_came, now.coverage.total.came) == (3, 1, 1, 1)
    assert [(area.name, area.came) for area in now.coverage.provinces] == [("Girona", 0), ("Lleida", 1)]
    assert [(area.name, area.came) for area in before.coverage.provinces] == [("Girona", 1), ("Lleida", 0)]
    assert report(_facts([]), 2026).attendance is None, "a share of nobody is none"


def test_each_question_keeps_its_own_mean_where_they_changed_in_the_year() -> None:
    sessions = [_session("a"), _session("b"), _session("c")]
    results = {
        "a" * 16: _result({"content": 8.0, "old": 6.0}, 10),
        "b" * 16: _result({"content": 5.0, "new": 9.0}, 5, "b"),
        "c" * 16: _result({"content": None}, None, "c"),
    }
    found = report(_facts(sessions, results=results), 2026)
    means = {each.key: (each.sessions, each.answers, round(each.mean, 2)) for each in found.questions}
    assert means == {"content": (2, 15, 7.0), "old": (1, 10, 6.0), "new": (1, 5, 9.0)}
    assert found.verdicts == {Verdict.KEPT: 2, Verdict.UNKNOWN: 1}


def test_proposals_and_petitions_are_those_of_the_year_as_they_stand_now() -> None:
    def proposed(state: ProposalState, at: datetime | None) -> KnownProposal:
        return KnownProposal(id="p", seen=1, programme="dijous", title="", state=state, supports=0, created_at=at)

    def asked(state: PetitionState, days: int | None, promised_days: int = 5) -> PetitionFigures:
        answered = HELD + timedelta(days=days) if days is not None else None
        return PetitionFigures(state, HELD, answered, HELD + timedelta(days=promised_days))

    proposals = [
        proposed(ProposalState.DECLINED, HELD),
        proposed(ProposalState.DECLINED, HELD - timedelta(days=365)),
        proposed(ProposalState.RECEIVED, None),
    ]
    petitions = [
        asked(PetitionState.ANSWERED, 2),
        asked(PetitionState.ACCEPTED, 9),
        asked(PetitionState.RECEIVED, None),
    ]
    found = report(_facts([], proposals=proposals, petitions=petitions), 2026)
    assert found.proposals == {ProposalState.DECLINED: 1}
    assert (found.days_to_answer, found.answered_in_time) == (5.5, (1, 1))
    assert sum(found.petitions_by_state.values()) == 3


def test_the_table_has_both_years_in_every_row() -> None:
    sessions = [_session("a"), _session("b", datetime(2025, 3, 27, 9, tzinfo=UTC))]
    facts = _facts(sessions, results={"a" * 16: _result({"content": 8.0})})
    found = list(rows(facts, (report(facts, 2026), report(facts, 2025))))
    table = {(row.part, str(row.what), str(row.name)): row.values for row in found}
    assert len(table) == len(found), "no row twice"
    assert table["Sessions", "{}", "Sessions held"] == (1, 1)
    content = next(each.text for each in DEFAULT_SURVEY_QUESTIONS if each.key == "content")
    assert table["Means of the surveys", str(content), "Mean"] == (8.0, None)
    title = str({Language.CA: "26/03/2026 Sessió a"})
    assert table["Each session", title, str(content)] == (8.0, None)
