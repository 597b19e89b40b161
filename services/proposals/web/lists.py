"""Lists of proposals from an address's query: search, filters, order, place. Invalid values are ignored."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from services.proposals.usecases.proposals import ProposalFilter
from services.proposals.web.forms import MAX_TITLE
from services.proposals.web.wording import ORDERS, ListOrder
from shared.events.vocabulary import ProposalState
from shared.storage.collection import Place
from shared.web.paging import decode_cursor, encode_cursor

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class ListQuery:
    values: Mapping[str, str]
    """The fields of the search form, by name."""
    filter: ProposalFilter
    after: Place | None

    @property
    def is_filtered(self) -> bool:
        return any(self.values[name] for name in ("q", "programme", "state"))

    def next_address(self, place: Place | None) -> str:
        """The query of the next page; empty on the last one."""
        return self._address(cursor=encode_cursor(place)) if place else ""

    @property
    def first_address(self) -> str:
        """The query of the first page; empty on that page."""
        return self._address() if self.after else ""

    def _address(self, **more: str | None) -> str:
        return "?" + urlencode({name: value for name, value in {**self.values, **more}.items() if value})


def read_query(
    sent: Mapping[str, str], groups: Mapping[str, Collection[ProposalState]], orders: Sequence[ListOrder]
) -> ListQuery:
    """`groups` are names for several states; the empty name and the first of the possible `orders` are the defaults.

    Raises:
        CursorInvalidProblem: the cursor is none of ours.
    """
    asked = _member(ListOrder, sent.get("order", ""))
    chosen = asked if asked and asked in orders else orders[0]
    state = sent.get("state", "")
    one = _member(ProposalState, state)
    states = [one] if one else groups.get(state, groups[""])
    text = sent.get("q", "").strip()[:MAX_TITLE]
    keys = ORDERS[chosen]
    values = {
        "q": text,
        "programme": sent.get("programme", ""),
        "state": state if one or state in groups else "",
        "order": chosen.value,
    }
    wanted = ProposalFilter(order=keys, states=states, programme=values["programme"], text=text)
    return ListQuery(values, wanted, decode_cursor(sent.get("cursor"), len(keys) + 1))


def _member(kind: type[E], text: str) -> E | None:
    return kind(text) if text in list(kind) else None
