"""What the fields of a page take: no empty text, an address that isn't partly typed, a phone number."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from pytest_stripe_balance.masking import shown

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.hashes import Hash

PARTS = ("city", "country", "line1", "line2", "postal_code", "state")
# What a whole address needs, and one that is asked for with a card. Not every country has the rest.
WHOLE, OF_CARD = ("country", "line1"), ("country",)
_COUNTRY = re.compile("[A-Z]{2}")
_PHONE = re.compile(r"\+[0-9]+")


def slip(session_id: str, what: str) -> ValueError:
    """Make the error for what a page doesn't take."""
    return ValueError(f"the page of {session_id} {what}")


def is_empty(text: str) -> bool:
    """Tell whether a text says nothing."""
    return not text.strip()


def lacks(address: Hash, needed: Collection[str]) -> list[str]:
    """Give the parts that an address needs and hasn't."""
    return [part for part in needed if is_empty(address.get(part) or "")]


def check_required(session_id: str, path: str, text: str) -> None:
    """Check that a field which the page requires isn't empty."""
    if is_empty(text):
        raise slip(session_id, f"requires {path}, and it is empty: leave it out for a made-up value")


def check_phone(session_id: str, path: str, text: str) -> None:
    """Check that a phone number has a + and digits."""
    if not _PHONE.fullmatch(text):
        what = f"takes + and digits as {path}, as +12025550123, and not {shown(repr(text))}"
        raise slip(session_id, what)


def check_address(session_id: str, path: str, address: Hash, needed: Collection[str]) -> None:
    """Check that a typed address has known parts, those it needs, and a country's code.

    It isn't completed by made-up values: nobody lives in two towns at once.
    """
    if other := address.keys() - set(PARTS):
        unknown = ", ".join(map(shown, sorted(other)))
        raise slip(session_id, f"has no {unknown} of an address; it has {', '.join(PARTS)}")
    if lacking := lacks(address, needed):
        what = f"requires {', '.join(lacking)} in {path}: add that, or leave the address out"
        raise slip(session_id, f"{what} for a made-up one")
    if not _COUNTRY.fullmatch(address["country"]):
        what = f"takes a code of two letters as {path}[country], as DE"
        raise slip(session_id, f"{what}, and not {shown(repr(address['country']))}")
