"""A programme: what all its sessions have in common."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.clock import StoredInstant
from shared.events.registration import Body, Phase, ProgrammeDefined, SurveyQuestion
from shared.events.vocabulary import Language, ProgrammeKind
from shared.problems import Problem, mark
from shared.storage.aggregates import Aggregate


class ProgrammeUnknownProblem(Problem):
    status = 404
    code = "programme-unknown"
    title = mark("There is no such programme.")


class ProgrammeExistsProblem(Problem):
    status = 409
    code = "programme-exists"
    title = mark("A programme with this short name already exists. Change that one, or choose another short name.")


class PhaseInUseProblem(Problem):
    status = 409
    code = "phase-in-use"
    title = mark("An entity is in a phase that would go: «{phases}». Take it on to another one first.")


DEFAULT_TIME_ZONE = "Europe/Madrid"
DEFAULT_TOOL = "Microsoft Teams"
DEFAULT_REMINDERS_MINUTES = [1440, 60]
DEFAULT_SURVEY_DAYS = 14
DEFAULT_SURVEY_REMINDER_DAYS = 7
Slug = Annotated[str, Field(pattern=r"^[a-z0-9-]{2,64}$")]
"""Short name of a programme in addresses, and its id."""


def _question(key: str, ca: str, es: str, en: str) -> SurveyQuestion:
    return SurveyQuestion(key=key, text={Language.CA: ca, Language.ES: es, Language.EN: en})


DEFAULT_SURVEY_QUESTIONS = [
    _question(
        "content",
        "Què us ha semblat el contingut de la sessió?",
        "¿Qué le ha parecido el contenido de la sesión?",
        "What did you think of the content of the session?",
    ),
    _question(
        "duration",
        "Què us ha semblat la durada de la sessió?",
        "¿Qué le ha parecido la duración de la sesión?",
        "What did you think of the length of the session?",
    ),
    _question(
        "understood",
        "Creieu que la sessió s'ha entès?",
        "¿Cree que la sesión se ha entendido?",
        "Do you think the session was understood?",
    ),
    _question(
        "applicable",
        "Podeu aplicar el que heu après a la feina?",
        "¿Puede aplicar lo aprendido en el trabajo?",
        "Can you apply what you learned at work?",
    ),
]


def _phase(key: str, ca: str, es: str, en: str) -> Phase:
    return Phase(key=key, text={Language.CA: ca, Language.ES: es, Language.EN: en})


DEFAULT_PHASES = [
    _phase(
        "training",
        "Formació general sobre participació ciutadana",
        "Formación general sobre participación ciudadana",
        "General training on citizen participation",
    ),
    _phase(
        "design",
        "Acompanyament, assessorament i suport en el disseny d'un projecte de participació ciutadana",
        "Acompañamiento, asesoramiento y apoyo en el diseño de un proyecto de participación ciudadana",
        "Accompaniment, advice and support in designing a participation project",
    ),
    _phase(
        "rollout",
        "Implantació de la plataforma i formació en l'ús i el back-office",
        "Implantación de la plataforma y formación en el uso y el back-office",
        "Roll-out of the platform and training in its use and back office",
    ),
    _phase(
        "execution",
        "Execució del projecte que cada ajuntament ha triat",
        "Ejecución del proyecto que cada ayuntamiento ha elegido",
        "Execution of the project that each council chose",
    ),
]
"""Of a cohort that says nothing else."""


class LowestMean(BaseModel):
    """From when on a lowest mean is promised; None once it is promised no more."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    since: StoredInstant
    mean: float | None


class Programme(Aggregate):
    """A series of sessions, or a cohort that goes through phases. Its id is its slug."""

    name: dict[Language, str]
    kind: ProgrammeKind
    time_zone: str = DEFAULT_TIME_ZONE
    summary: dict[Language, str] | None = None
    """Several lines."""
    audience: dict[Language, str] | None = None
    tool: str = DEFAULT_TOOL
    """The program in which sessions are held."""
    organiser: str = ""
    reply_to: str = ""
    reminders_minutes: list[int] = DEFAULT_REMINDERS_MINUTES
    survey_questions: list[SurveyQuestion] = DEFAULT_SURVEY_QUESTIONS
    survey_days: int = DEFAULT_SURVEY_DAYS
    survey_reminder_days: int = DEFAULT_SURVEY_REMINDER_DAYS
    accredited: bool = False
    """Whether its sessions are accredited as training."""
    bodies: list[Body] = []
    """Those that accompany its entities."""
    phases: list[Phase] = []
    """In the order in which entities go through them."""
    keep_people_days: int | None = None
    """So long after it is over the people of a session are erased; None for the installation's usual time."""
    lowest_mean: float | None = None
    """The programme promises that no question of a survey has a lower mean; None for no promise."""
    lowest_means: list[LowestMean] = []
    """What was promised and when, the latest last: sessions held before are not measured by it."""

    members_public: bool = False
    """Whether anybody may see which entities take part in its phases."""

    def defined(self) -> ProgrammeDefined:
        return ProgrammeDefined(programme=self.id, **self.model_dump(include=set(ProgrammeDefined.model_fields)))

    def body_of(self, province: str) -> str:
        """Key of the body that accompanies the entities of a province; empty for the office."""
        return next((body.key for body in self.bodies if province in body.provinces), "")

    def lowest_mean_at(self, instant: datetime) -> float | None:
        """What was promised of a session that began then."""
        return next((made.mean for made in reversed(self.lowest_means) if made.since <= instant), None)


def promised(programme: Programme, before: Programme | None, now: datetime) -> Programme:
    """The programme with a note of the lowest mean, if it promises another one than before."""
    if programme.lowest_mean == (before.lowest_mean if before else None):
        return programme
    made = LowestMean(since=now, mean=programme.lowest_mean)
    return programme.model_copy(update={"lowest_means": [*programme.lowest_means, made]})
