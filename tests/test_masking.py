"""To look for secrets takes a time that grows with a text's length."""

import time

import pytest

from pytest_stripe_balance.cassettes.secret_scan import left_in
from pytest_stripe_balance.masking import is_somebodys, masked

LONG = (
    "a",
    "a (dot) ",
    "QUJD",
    "a.",
    "a@",
    "(at)a.",
    "'",
    "\\",
    "a at ",
    "dot ",
    "1 ",
    "DE8 ",
    "%40",
    "&#64;",
)


def seconds(look, text):
    """Measure the processor's time, the least of three."""
    took = []
    for _ in range(3):
        began = time.process_time()
        look(text)
        took.append(time.process_time() - began)
    return min(took)


@pytest.mark.parametrize("text", LONG)
@pytest.mark.parametrize("look", [is_somebodys, masked, left_in])
def test_four_times_the_text_takes_no_sixteen_times_as_long(look, text):
    """What is looked at in a report and in a field is read in a time that grows with its length."""
    short, long = (seconds(look, text * (size // len(text))) for size in (5_000, 20_000))
    assert long < 0.02 + 9 * short
