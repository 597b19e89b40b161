"""Lists of proposals as an address asks for them: search, filters, order, place. What makes no sense is ignored."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from services.proposals.domain.proposals import Proposal
from services.proposals.usecases.browsing import Browsing, Wish
from services.proposals.web.forms import MAX_TITLE
from services.proposals.web.wording import ORDERS, ListOrder
from shared.events.vocabulary import ProposalState
from shared.storage.collection import Place
from shared.web.paging import decode_cursor, encode_cursor

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The list that an address asks for."""

    values: Mapping[str, str]
    """The fields of the search form, by name."""
    wish: Wish
    after: Place | None

    @property
    def is_filtered(self) -> bool:
        """Whether it shows less than everything that the list can show."""
        return any(self.values[name] for name in ("q", "programme", "state"))

    def next_address(self, place: Place | None) -> str:
        """The query of the next page; empty where there is none."""
        asked = {name: value for name, value in self.values.items() if value}
        return "?" + urlencode({**asked, "cursor": encode_cursor(place)}) if place else ""

    @property
    def first_address(self) -> str:
        """The query of the first page; empty on that page."""
        return "?" + urlencode({name: value for name, value in self.values.items() if value}) if self.after else ""


def read_query(sent: Mapping[str, str], groups: Mapping[str, Collection[ProposalState]], order: ListOrder) -> ListQuery:
    """The list for the parameters of an address.

    `groups` are names that stand for several states; the empty one is what the list shows by itself, in `order`.

    Raises:
        CursorInvalidProblem: the cursor is none of ours.
    """
    chosen = one_of_enum(ListOrder, sent.get("order", "")) or order
    state = sent.get("state", "")
    one = one_of_enum(ProposalState, state)
    states = [one] if one else groups.get(state, groups[""])
    text = sent.get("q", "").strip()[:MAX_TITLE]
    keys = ORDERS[chosen]
    values = {
        "q": text,
        "programme": sent.get("programme", ""),
        "state": state if one or state in groups else "",
        "order": chosen.value,
    }
    wish = Wish(order=keys, states=states, programme=values["programme"], text=text)
    return ListQuery(values, wish, decode_cursor(sent.get("cursor"), len(keys) + 1))


async def read_list(browsing: Browsing, query: ListQuery, limit: int) -> tuple[list[Proposal], str]:
    """A page of the list and the query of the next page, or empty."""
    found = await browsing.search(query.wish, limit, query.after)
    return found.items, query.next_address(found.next)


def one_of_enum(kind: type[E], text: str) -> E | None:
    """The member that a text names, or None."""
    return kind(text) if text in list(kind) else None
