"""The mode replay: a cassette answers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_stripe_balance.cassettes import provenance
from pytest_stripe_balance.cassettes.replay import Replay
from pytest_stripe_balance.cassettes.writer import is_of_another_test
from pytest_stripe_balance.input_files import InputError, not_a_file
from pytest_stripe_balance.masking import masked
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.session.base import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_stripe_balance.api.message import Request, Response
    from pytest_stripe_balance.session.base import Fail
    from pytest_stripe_balance.session.settings import Settings

A_FEW = 3
KEEP = 'keep it on the fake: @pytest.mark.stripe_balance(mode="fake")'


def cassette_of(settings: Settings) -> Path:
    """Give the path of a run's cassette, there or not; Refused where something else stands."""
    path = settings.cassette
    assert path is not None, "unreachable because the plugin names a cassette for every test"
    if what := not_a_file(path):
        raise Refused(
            f"{path} is {what}, but must be a recording. Move or delete it, or let the fixture "
            "stripe_cassette name another file"
        )
    return path


def unrecorded(settings: Settings) -> Refused:
    """Say that a run has no cassette, and how to make one, or that it has one in the other format."""
    path = cassette_of(settings)
    sibling = path.with_suffix(".yaml" if path.suffix == ".json" else ".json")
    if sibling.is_file():
        option = (
            f"--stripe-cassette-format={sibling.suffix[1:]}, or name it in the fixture stripe_cassette"
        )
        return Refused(f"there is no {path}, but {sibling.name} is there: read it with {option}")
    return Refused(
        f"there is no recording of {settings.name}: {path} isn't there. Record it with a "
        f"test key in STRIPE_API_KEY: pytest --stripe-mode=record '{settings.name}'; or, if it uses "
        f"what is fake only, as stripe_clock is, {KEEP}"
    )


def loaded(path: Path) -> Replay:
    """Read a cassette for replay; Refused, in one line, when it can't be read."""
    try:
        return Replay.load(path)
    except InputError as error:
        raise Refused(error.reason) from None


def few(requests: Sequence[Request]) -> str:
    """Name the first few requests."""
    named = [*map(str, requests[:A_FEW]), *(["..."] if len(requests) > A_FEW else [])]
    return ", ".join(named) or "nothing"


class Replayer(Session):
    """A run that is answered as it was recorded; what wasn't recorded is refused.

    Without a cassette a test that asks for nothing passes, as it left none behind when it was recorded.
    """

    as_asked = True

    def __init__(self, settings: Settings, fail: Fail) -> None:
        super().__init__(settings, fail)
        path = cassette_of(settings)
        self._replay = loaded(path) if path.is_file() else None
        if self._replay is None:
            return
        test = self._replay.provenance.test
        if settings.mode == "record" and test and is_of_another_test(test, settings.name):
            own = masked(settings.name)
            self.notes.append(
                f"{own} was not recorded: {path} answers it, the recording of {test}. Let the fixture "
                "stripe_cassette name another file"
            )
        recorded = provenance.moment_of(self._replay.provenance.date, self._replay.exchanges)
        if settings.max_age and (
            warning := provenance.too_old(recorded, int(time.time()), settings.max_age)
        ):
            self.notes.append(f"{path}: {warning}")

    def _answer(self, request: Request) -> Response:
        if self._replay is None:
            raise unrecorded(self.settings)
        response = self._replay.answer(request)
        if self._replay.by_path and request.body:
            note = (
                f"{self._replay.name} holds nothing of what was posted: its path alone chose the answer"
            )
            self.note(note)
        sent, recorded = (message.headers.api_version for message in (request, response))
        if sent and recorded and sent != recorded:
            note = f"recorded at API version {recorded}, but the test asks at {sent}: record it again"
            self.note(note)
        return response

    def close(self, ended: str) -> None:
        """Note what a test that passed never asked for."""
        if self._replay and ended == "passed" and (unused := self._replay.unused):
            never = f"never asked for {len(unused)} of its recorded requests: {few(unused)}"
            self.notes.append(f"{self.settings.name} {never}")
