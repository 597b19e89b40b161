"""The programme office and its people, as the stories speak of them."""

from datetime import datetime, timedelta
from typing import Any

from tests.support.stack import Stack, link

ALAMUS = "2500450006"
JOIN_URL = "https://teams.example/secret-meeting"
ANSWERS = {"content": 9, "duration": 8, "understood": 10, "applicable": 7}


class Office:
    """Runs one programme through the API."""

    def __init__(self, stack: Stack, programme: str) -> None:
        self.stack = stack
        self.programme = programme

    async def define_programme(self) -> None:
        """A monthly series with its defaults."""
        body = {
            "slug": self.programme,
            "name": {"ca": "Dijous GOmunicipal"},
            "kind": "series",
            "time_zone": "Europe/Madrid",
        }
        await self.stack.staff("POST", "/programmes", body, expect=201)

    async def schedule(self, *, starts_in: timedelta = timedelta(days=10), capacity: int | None = None) -> str:
        """Schedule a session; its id."""
        body = {
            "programme": self.programme,
            "title": {"ca": "Treu-li suc a l'eina de seguiment"},
            "starts_at": self.minute(starts_in).isoformat(),
            "duration_minutes": 60,
            "capacity": capacity,
            "join_url": JOIN_URL,
        }
        return str((await self.stack.staff("POST", "/sessions", body, expect=201))["id"])

    async def register(self, session: str, email: str, *, language: str = "ca") -> Any:
        """Register a person; the answer."""
        return await self.stack.public(
            "POST", f"/sessions/{session}/registrations", person(email, language=language), expect=202
        )

    async def end(self, session: str) -> None:
        """The session is over."""
        await self.stack.staff("POST", f"/sessions/{session}/end", {}, expect=200)

    async def answer(self, email: str, *, scores: dict[str, int] = ANSWERS, comment: str = "") -> None:
        """The person answers the survey through the mailed link."""
        token = link(await self.stack.mail("survey", email), "survey")
        body = {"answers": scores, "comment": comment}
        await self.stack.public("POST", f"/surveys/{token}", body, expect=202)

    def minute(self, after: timedelta) -> datetime:
        """A whole minute, that much after now."""
        return (self.stack.clock() + after).replace(second=0, microsecond=0)


def person(email: str, *, language: str = "ca", name: str = "Núria Puig") -> dict[str, Any]:
    """The body of a registration."""
    return {
        "name": name,
        "email": email,
        "entity": ALAMUS,
        "role": "Secretària",
        "language": language,
        "consent": True,
    }
