"""Ids that a scrubber shortened are still ids: `conform` puts the fake's in their place."""

import json
import re
from dataclasses import replace

import pytest
from drifts import drifts

from pytest_stripe_balance.comparison import conformance
from pytest_stripe_balance.comparison.conformance import Compared
from pytest_stripe_balance.comparison.ids import IdDetector
from pytest_stripe_balance.session import Fake, Settings

AN_ID = re.compile(rb"\b([a-z]+)_(?=[a-z]*[0-9A-Z])[A-Za-z0-9]{14,}")
STYLES = {
    "a number": b"%s_%d",
    "a number of six digits": b"%s_%06d",
    "with a beginning": b"%s_1QABC%d",
    "words": b"%s_fake_%d",
    "a word": b"%s_fake%d",
}


def shortened(exchanges, style):
    """The exchanges with another id for each, the same everywhere, but for idempotency keys."""
    names = {}

    def short(found):
        return names.setdefault(found[0], style % (found[1], len(names) + 1))

    def text(said):
        return AN_ID.sub(short, said.encode()).decode()

    return [
        replace(
            one,
            request=replace(one.request, url=text(one.request.url), body=text(one.request.body)),
            response=replace(one.response, body=AN_ID.sub(short, one.response.body)),
        )
        for one in exchanges
    ]


def driven(exchanges):
    session = Fake(Settings(exchanges[0].response.headers.api_version, seed="other", now=1_780_000_000))
    return list(conformance.conform(exchanges, session.answer_with_assumptions))


def paid(new_recorder):
    """Stories whose payment method is named in answers and never shown itself."""
    recorder = new_recorder()
    for thread in range(6):
        recorder.pay(thread, 1000, 1000)
    return recorder.exchanges


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_a_recording_with_short_ids_is_equal_throughout(new_recorder, style):
    """Ids of objects that it shows and of those that it only names, where one begins as another does."""
    exchanges = shortened(paid(new_recorder), style)
    assert any(b'"payment_method":"pm_' in one.response.body for one in exchanges)
    assert not any(b'"object":"payment_method"' in one.response.body for one in exchanges)
    found = driven(exchanges)
    assert [row for row in found if not isinstance(row, Compared) or row.differences] == []


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_drift_still_aligns_them(new_recorder, style):
    """Against the recording with its ids whole there is nothing new."""
    exchanges = paid(new_recorder)
    assert drifts(exchanges, shortened(exchanges, style)) == []


def test_another_role_of_a_short_id_is_still_told(new_recorder):
    """One payment method in the place of another is a difference."""
    exchanges = shortened(paid(new_recorder), STYLES["a number"])
    names = re.compile(rb'"payment_method":"(pm_\d+)"')
    at, name = next((at, found[1]) for at, one in enumerate(exchanges) if (found := names.search(one.response.body)))  # fmt: skip
    later = next(
        number
        for number, one in enumerate(exchanges)
        if number > at and (found := names.search(one.response.body)) and found[1] != name
    )
    response = exchanges[later].response
    body = names.sub(b'"payment_method":"%s"' % name, response.body)
    exchanges[later] = replace(exchanges[later], response=replace(response, body=body))
    differing = {one.path for row in driven(exchanges) for one in row.differences}
    assert differing == {"$.payment_method"}


@pytest.mark.parametrize(
    "held",
    [
        {"type": "card_present", "payment_method_types": ["us_bank_account"], "brand": "visa"},
        {"metadata": {"payment_method": "pm_1"}, "description": "pm_1", "name": "cus_1"},
        {"customer_details": None, "payment_method_options": "none", "customer": "somebody"},
    ],
)
def test_what_is_no_id_is_not_taken_for_one(new_recorder, held):
    """Enums, what is a user's own, and texts without an id's prefix."""
    recorder = new_recorder()
    recorder.ask(0, "GET", "/v1/payment_intents/pi_3ScPMjFmGsiQWfE61qMaWSFF")
    (one,) = recorder.exchanges
    body = json.dumps(held).encode()
    assert IdDetector.of([replace(one, response=replace(one.response, body=body))]).known == frozenset()
