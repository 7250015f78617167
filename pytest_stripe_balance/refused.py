"""The one exception for "we won't answer this"."""

from __future__ import annotations

EXPECTED = "expect it: `with stripe_balance.refused():`"
WAY_OUT = f"Leave it out in this test, or {EXPECTED}"


class Refused(BaseException):
    """The fake, or the tap, won't answer a request.

    A `BaseException`, so that an application's `except Exception` can't take a hole in the fake for
    an answer of Stripe's. The message names what was asked and the way out; `asked_at` is the place
    in the caller's code, when it is known, `raised_as` the exception that the caller met, and
    `told` whether the test's report has it. One that is `fatal` ends the whole run.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.asked_at: str | None = None
        self.raised_as: BaseException | None = None
        self.is_reported = False
        self.fatal = False

    def with_way_out(self) -> Refused:
        """End the message with what a test can do about it, where it doesn't say so itself."""
        if EXPECTED not in self.message:
            self.message = f"{self.message.rstrip('.')}. {WAY_OUT}"
        return self

    def __str__(self) -> str:
        return f"{self.message}\n  asked at {self.asked_at}" if self.asked_at else self.message
