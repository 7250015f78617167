"""The exception for a request that isn't answered."""

from __future__ import annotations

EXPECTED = "expect it: `with stripe_balance.refused():`"
WAY_OUT = f"Leave it out in this test, or {EXPECTED}"


class Refused(BaseException):
    """A request isn't answered, by the fake or in any other mode.

    It is a `BaseException`, so `except Exception` in an application does not catch it: a gap in the fake
    is no error of Stripe's. The message names the request and the way out.

    - `asked_at`: the place in the caller's code, if it is known.
    - `raised_as`: the exception that the caller got.
    - `is_reported`: whether the test's report shows it.
    - `fatal`: whether it ends the whole run.
    - `charged_to`: the test that it belongs to, if a thread of another test than the running one asked.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.asked_at: str | None = None
        self.raised_as: BaseException | None = None
        self.is_reported = False
        self.fatal = False
        self.charged_to: str | None = None

    def with_way_out(self) -> Refused:
        """Add to the message how a test can expect the refusal, unless it says so already."""
        if EXPECTED not in self.message:
            self.message = f"{self.message.rstrip('.')}. {WAY_OUT}"
        return self

    def __str__(self) -> str:
        return f"{self.message}\n  asked at {self.asked_at}" if self.asked_at else self.message


class SwallowedRefusalError(AssertionError):
    """Requests were refused, and something swallowed the errors: raised when the block or test ends."""
