"""What the fixture `stripe_clock` hands over: the time of the fake's worlds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Never

from pytest_stripe_balance.engine.state.determinism import END_OF_TIME
from pytest_stripe_balance.masking import shown
from pytest_stripe_balance.session.fake import fake_only

if TYPE_CHECKING:
    from pytest_stripe_balance.session import Fake, Session


class StripeClock:
    """The time in this test's world, which stands still but for one second per change.

    Only the clock lets things fall due: cash that nobody claims goes back to the bank after 75 days,
    or to the merchant after 90, refunds expire after 45, invoices become overdue. In modes that
    don't answer from the fake, moving it is a RuntimeError.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def now(self) -> int:
        """The time in seconds since 1970, as in Stripe's `created`."""
        return fake_only(self._session, "stripe_clock.now").now

    def advance(
        self,
        *bare: Never,
        weeks: float = 0,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        **unknown: Never,
    ) -> int:
        """Move on by a span of whole seconds, as in `advance(days=75)`; give the new time.

        ValueError for a negative span; TypeError for a number without a unit, and for another unit:
        months have no fixed length.
        """
        fake = fake_only(self._session, "stripe_clock.advance")
        if bare or unknown:  # typed as what nobody can give, and here to say the way out
            given = ", ".join([*map(repr, bare), *(f"{name}={unknown[name]!r}" for name in unknown)])
            message = f"stripe_clock.advance: {shown(given)} is no span; the units are weeks, "
            message += "days, hours, minutes and seconds, as in advance(days=75); for months there is "
            message += "travel_to"
            raise TypeError(message)
        try:
            span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        except (OverflowError, ValueError) as error:
            message = f"stripe_clock.advance: not a span of time that a clock can move on by: {error}"
            raise ValueError(message) from None
        except TypeError as error:
            raise TypeError(f"stripe_clock.advance: {error}; give numbers") from None
        if span.microseconds:
            message = f"stripe_clock.advance: {span} is not a whole number of seconds"
            raise ValueError(message)
        return self._travel(fake, fake.now + int(span.total_seconds()), "advance")

    def travel_to(self, moment: int | datetime) -> int:
        """Move on to a moment: seconds since 1970, or an aware datetime; give the new time.

        What falls due on the way happens in order, each at its own moment. ValueError for a moment
        that is past, for one after the year 9999, and for a datetime without a time zone; TypeError
        for what is neither.
        """
        fake = fake_only(self._session, "stripe_clock.travel_to")
        if isinstance(moment, datetime):
            if moment.tzinfo is None:
                message = f"stripe_clock.travel_to: {moment!r} has no time zone; add tzinfo=timezone.utc"
                raise ValueError(message)
            moment = int(moment.timestamp())
        if type(moment) is not int:
            message = f"stripe_clock.travel_to: {moment!r} is no moment; give whole seconds since 1970, "
            message += "or an aware datetime"
            raise TypeError(message)
        return self._travel(fake, moment, "travel_to")

    def _travel(self, fake: Fake, until: int, verb: str) -> int:
        now = fake.now
        if not now <= until < END_OF_TIME:
            message = f"stripe_clock.{verb}: time only moves on, up to the year 9999; it is {now}, "
            message += f"and {until} was asked for"
            raise ValueError(message)
        fake.travel(until)
        return fake.now
