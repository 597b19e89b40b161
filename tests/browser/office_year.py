"""A year of an invented programme office: what the pictures of its guide show. All people are invented."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.embedded import Embedded
from tests.support.probes import eventually

MADRID = ZoneInfo("Europe/Madrid")
PROGRAMME = "dijous-gomunicipal"
JOIN_URL = "https://reunions.example/dijous"
NAME, USER, PASSWORD = "Marta Vives", "marta@oficina.example", "quatre paraules que recordo"
COLLEAGUE = ("Pau Ribas", "pau@oficina.example")

BEGINNING = datetime(2026, 9, 7, 9, tzinfo=MADRID)
FIRST = datetime(2026, 9, 24, 10, tzinfo=MADRID)
SECOND = datetime(2026, 10, 29, 10, tzinfo=MADRID)
THIRD = datetime(2026, 11, 26, 10, tzinfo=MADRID)
SEATS = 12

PROGRAMME_FORM = {
    "slug": PROGRAMME,
    "name_ca": "Dijous GOmunicipal",
    "summary_ca": "Sessions mensuals de suport per resoldre els dubtes dels ens locals.",
    "audience_ca": "Personal dels ens locals, tant si heu demanat suport com si no.",
    "organiser": "Oficina de Govern Obert",
    "reply_to": "oficina@oficina.example",
}
"""What the office fills in; the rest stays as it is proposed."""

TITLES = {
    FIRST: "Publicitat activa: què toca publicar i quan",
    SECOND: "Contractes menors sense maldecaps",
    THIRD: "Dret d'accés: respondre dins del termini",
}
DESCRIPTION = "Resolem els dubtes que ens heu fet arribar i, al final, torn obert de preguntes."

PEOPLE = [
    ("Núria Puig", "Secretària", "2500960009"),
    ("Jordi Serra", "Tècnic de transparència", "0800180001"),
    ("Montserrat Vila", "Interventora", "2500450006"),
    ("Pere Soler", "Auxiliar administratiu", "2503870005"),
    ("Laia Roca", "Tècnica d'arxiu", "1700460009"),
    ("Arnau Ferrer", "Secretari", "4300560009"),
    ("Mercè Bosch", "Regidora", "0800390004"),
    ("Oriol Camps", "Tècnic de participació", "2501940003"),
    ("Anna Riera", "Administrativa", "1700100000"),
    ("Ramon Coll", "Alcalde", "4300690004"),
    ("Carme Font", "Secretària interventora", "0800440003"),
    ("Josep Mas", "Informàtic", "2501690004"),
    ("Rosa Pla", "Administrativa", "0800180001"),
    ("Lluís Grau", "Tècnic", "2500450006"),
]
PROPOSALS = [
    ("Com publiquem els contractes menors?", "Cada trimestre hi dediquem dos dies. Hi ha una manera més curta?", 5),
    ("Contractes menors: fins quan han de ser al web?", "No trobem quin termini cal aplicar.", 2),
    ("Actes del ple i dades personals", "Quines dades hem de treure abans de publicar-les?", 4),
    ("Un calendari de publicació per a ajuntaments petits", "", 3),
]
SCORES = [(9, 8, 9, 8), (8, 7, 9, 9), (10, 8, 10, 8), (7, 6, 8, 7), (9, 9, 9, 9), (8, 8, 7, 6)]
COMMENTS = ["Molt útil, sobretot els exemples.", "Faltaria una mica més de temps per als dubtes.", ""]


class OfficeYear:
    """Plays what is not done in the pictures themselves, through the API and the mails."""

    def __init__(self, installation: Embedded) -> None:
        self.installation = installation
        self.sessions: dict[datetime, str] = {}
        self.proposals: list[str] = []

    def move_to(self, moment: datetime) -> None:
        """It is that moment now."""
        self.installation.move_clock(moment - self.installation.clock())

    async def begin(self) -> None:
        """The first sessions of the programme."""
        for starts_at, title in TITLES.items():
            body = {
                "programme": PROGRAMME,
                "title": {"ca": title},
                "description": {"ca": DESCRIPTION},
                "starts_at": starts_at.isoformat(),
                "duration_minutes": 60,
                "capacity": SEATS if starts_at == FIRST else None,
                "join_url": JOIN_URL if starts_at != THIRD else "",
            }
            self.sessions[starts_at] = (await self.installation.staff("POST", "/sessions", body))["id"]

    async def register(self) -> None:
        """More people for the first session than it has seats, and some for the second."""
        for number in range(len(PEOPLE)):
            await self.register_one(FIRST, number)
        for number in range(5):
            await self.register_one(SECOND, number)
        await self.installation.mail("waiting_list", _address(len(PEOPLE) - 1))

    async def register_one(self, starts_at: datetime, number: int) -> None:
        """Register the person of that number."""
        name, role, entity = PEOPLE[number]
        body = {
            "name": name,
            "email": _address(number),
            "entity": entity,
            "role": role,
            "language": "ca",
            "consent": True,
        }
        await self.installation.public("POST", f"/sessions/{self.sessions[starts_at]}/registrations", body)

    async def propose(self) -> None:
        """Proposals with their supports."""
        for title, body, supports in PROPOSALS:
            sent = {"programme": PROGRAMME, "title": title, "body": body, "email": _address(0)}
            proposal = (await self.installation.public("POST", "/proposals", sent))["id"]
            self.proposals.append(proposal)
            for number in range(1, supports + 1):
                await self._support(proposal, number)

    async def end_first(self) -> None:
        """The first session is over and its recording published."""
        session = self.sessions[FIRST]
        await self.installation.staff("POST", f"/sessions/{session}/end", {})
        materials = [{"title": "Presentació de la sessió", "url": "https://materials.example/presentacio.pdf"}]
        body = {"recording_url": "https://videos.example/dijous-1", "materials": materials}
        await self.installation.staff("POST", f"/sessions/{session}/materials", body)

    async def answer(self, people: int) -> None:
        """So many people answer the survey of the first session."""
        for number in range(people):
            mail = await self.installation.mail("survey", _address(number))
            token = self.installation.link(mail, "survey").rpartition("/")[2].partition("?")[0]
            scores = dict(zip(("content", "duration", "understood", "applicable"), SCORES[number % 6], strict=True))
            body = {"answers": scores, "comment": COMMENTS[number % 3]}
            await self.installation.public("POST", f"/surveys/{token}", body)

    async def personal_link(self, kind: str, number: int, purpose: str) -> str:
        """The path of a link that was mailed to a person."""
        return self.installation.link(await self.installation.mail(kind, _address(number)), purpose)

    def report(self) -> bytes:
        """The attendance report of the first session, as Teams exports it."""
        lines = ["2. Participants", "Nom\tPrimera entrada\tCorreu electrònic"]
        lines += [f"{name}\t24/09/26, 9:5{number}\t" for number, (name, *_) in enumerate(PEOPLE[:9])]
        lines += ["Convidada 1\t24/09/26, 10:02\t"]
        return "\n".join(lines).encode("utf-16")

    async def _support(self, proposal: str, number: int) -> None:
        address = _address(number)

        async def asked() -> list[dict[str, Any]]:
            """The mails do not repeat what others wrote, such as the proposal's title."""
            mails = await self.installation.mails(address)
            return [mail for mail in mails if mail["kind"] == "support_confirmation"]

        before = len(await asked())
        await self.installation.public("POST", f"/proposals/{proposal}/supports", {"email": address})

        async def check() -> None:
            assert len(await asked()) > before, f"no link to support the proposal for {address} yet"

        await eventually(check, within=20, every=0.1)
        token = self.installation.link((await asked())[-1], "support").rpartition("/")[2]
        await self.installation.public("POST", f"/supports/{token}")


def _address(number: int) -> str:
    return f"persona{number + 1}@ajuntament.example"
