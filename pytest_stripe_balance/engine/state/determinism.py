"""The engine's time and randomness: both come from a seed and from nothing else."""

from __future__ import annotations

import hashlib
import string
from dataclasses import dataclass, field

DAY = 86_400

_ALPHANUMERIC = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CODE = string.digits + string.ascii_uppercase


def _table(alphabet: str) -> bytes:
    return bytes(ord(alphabet[byte % len(alphabet)]) for byte in range(256))


_TO_ALPHANUMERIC, _TO_CODE, _TO_DIGITS = map(_table, (_ALPHANUMERIC, _CODE, string.digits))


END_OF_TIME = 253_402_300_800  # the year 10000


def year_and_month(moment: int) -> tuple[int, int]:
    """Give the year and the month of a second since 1970, in UTC.

    Counted in days from a first of March, so that a leap day is the last day of its year.
    """
    days = moment // DAY + 719_468
    era, of_era = divmod(days, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153  # 0 is March
    since_january = (month + 2) % 12
    return era * 400 + year + (since_january < 2), since_january + 1  # noqa: PLR2004 - January, February


@dataclass
class Clock:
    """The world's time in whole seconds since the Unix epoch. It moves only when it is set."""

    now: int

    def tick(self) -> None:
        """Move on by one second, so that two objects rarely have the same age."""
        self.now += 1


@dataclass
class SystemClock(Clock):
    """A clock that others set by the machine's time; `advanced` is how far it is ahead of that.

    Before it has begun, nobody has seen its time, and it may still be set to an earlier one.
    """

    advanced: int = 0
    has_begun: bool = False

    def tick(self) -> None:
        """Stay. Objects of one second are in the order of their creation."""


@dataclass
class Maker:
    """Who makes ids now. Another maker makes other ids; "" is the only maker of its world."""

    name: str = ""


@dataclass
class Ids:
    """Ids for new objects. The same seed and maker give the same ids in the same order, for each prefix.

    Values derived from a name (secrets, references, account numbers) depend on the seed alone. So they
    stay the same in a copy of a world, where another maker makes the ids.
    """

    seed: str
    maker: Maker = field(default_factory=Maker)
    minted: int = 0
    _counts: dict[str, int] = field(default_factory=dict)

    def copy(self, maker: Maker) -> Ids:
        """Give ids that go on from here, made by `maker`."""
        return Ids(self.seed, maker, self.minted, dict(self._counts))

    def mint(self, prefix: str, length: int) -> str:
        """Make the next id: `prefix`, then `length` alphanumeric characters."""
        kind = f"{self.maker.name}\0{prefix}" if self.maker.name else prefix
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        self.minted += 1
        # As `_derive` does it, without the call: this is most of the ids.
        text = f"{self.seed}\0{kind}{count}".encode()
        digest = hashlib.blake2b(text, digest_size=length).digest()
        return prefix + digest.translate(_TO_ALPHANUMERIC).decode()

    def request(self) -> str:
        """Make the id of the next request. It isn't counted in `minted`: a request is no object."""
        request_id = self.mint("req_", 14)
        self.minted -= 1
        return request_id

    def secret(self, of: str, length: int) -> str:
        """Derive alphanumeric characters from a name; the same name gives the same characters."""
        return self._derive(of, length, _TO_ALPHANUMERIC)

    def code(self, of: str, length: int) -> str:
        """Derive digits and capitals from a name, as on a bank transfer's reference."""
        return self._derive(of, length, _TO_CODE)

    def digits(self, of: str, length: int) -> str:
        """Derive decimal digits from a name, as in an account number."""
        return self._derive(of, length, _TO_DIGITS)

    def uuid(self, of: str) -> str:
        """Derive a UUID from a name, like the idempotency key that Stripe makes up for a request."""
        text = f"{self.seed}\0{of}".encode()
        digits = hashlib.blake2b(text, digest_size=16).hexdigest()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def _derive(self, of: str, length: int, table: bytes) -> str:
        text = f"{self.seed}\0{of}".encode()
        return hashlib.blake2b(text, digest_size=length).digest().translate(table).decode()
