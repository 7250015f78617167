"""Searching for secrets takes a time that grows with the text's length, not its square."""

import re
import time

import pytest

from pytest_stripe_balance.cassettes.secret_scan import Scan
from pytest_stripe_balance.masking import is_real_address, masked

LONG = (
    "a",
    "a (dot) ",
    "QUJD",
    "a.",
    "a@",
    "mail=",
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
@pytest.mark.parametrize("look", [is_real_address, masked, Scan().find_secrets])
def test_four_times_the_text_takes_no_sixteen_times_as_long(look, text):
    """A text in a report or a field is searched in a time that grows with its length."""
    short, long = (seconds(look, text * (size // len(text))) for size in (5_000, 20_000))
    assert long < 0.02 + 9 * short


CARDS = (
    "3782 822463 10005",
    "3782-822463-10005",
    "3056 930902 5904",
    "4242.4242.4242.4242",
    "4242  4242  4242  4242",
    "card4242424242424242",
    "card_4242_4242_4242_4242",
)
IBANS = (
    "IBANDE89370400440532013000",
    "be 68 5390 0754 7034",
    "DE89:3704:0044:0532:0130:00",
    "DE89,3704,0044,0532,0130,00",
    "DE89 | 3704 | 0044 | 0532 | 0130 | 00",
    "DE89   3704   0044   0532   0130   00",
    "DE89+3704+0044+0532+0130+00",
)
HONEST = (
    "order 20241129120000, twice",
    "at 10:30, 11:45, 12:30, 13:45, 14",
    "no 1732896000000 of 3782 822463 10006",
    "4242.4242.4242.4243",
    "be 68 5390 0754 7035",
    "pi_3QabcDEF0123456789abcdef",
    "d41d8cd98f00b204e9800998ecf8427e 49927398716",
    "100 % of 50%40 &amp; more",
)


@pytest.mark.parametrize("secret", [*CARDS, *IBANS])
def test_a_number_with_right_check_digits_is_found_in_any_usual_grouping(secret):
    """Cards of each brand and IBANs: the recorder finds them, and reports mask them."""
    text = f"paid by {secret}, thanks"
    assert Scan().find_secrets(text) == ["IBAN" if secret in IBANS else "card or account number"]
    assert len(re.findall(r"\d", masked(text))) == 0


@pytest.mark.parametrize("text", HONEST)
def test_a_number_with_other_check_digits_stays(text):
    """Times, ids and numbers that resemble a card's are shown and kept."""
    assert Scan().find_secrets(text) == []
    assert masked(text) == re.sub(r"\b\d{13,}\b", "***", text)  # reports show no long number at all


SECRETS = {
    "sk_test_4eC39HqLyjWDarjtT1zdp7dc": "sk_test_***",
    "rk_live_4eC39HqLyjWDarjtT1zdp7dc": "rk_live_***",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": "whsec_***",
    "pi_3Qabc_secret_9rT4hJm2": "pi_3Qabc_secret_***",
    "cs_test_a1B2c3#fidkdWxOYHwnPyd1": "cs_test_a1B2c3#***",
}


@pytest.mark.parametrize(("secret", "told"), SECRETS.items())
def test_a_secret_of_stripes_keeps_its_kind_alone(secret, told):
    """Keys, signing secrets, client secrets and the fragment of a Checkout page's URL."""
    assert masked(f"sent {secret} twice") == f"sent {told} twice"


ADDRESSES = {
    "jane&#64;bank.org": "***@***",
    "jane&#x40;bank.org": "***@***",
    r"jane\u0040bank.org": "***@***",
    "jane%40bank.org": "***@***",
    "jane%2540bank.org": "***@***",
    "ja\u200bne@ba\u200bnk.org": "***@***",
    "\uff24\uff25\uff18\uff19" + "".join(chr(0xFEE0 + ord(one)) for one in "370400440532013000"): "***",
    "email=jane@host&a=b": "email=***@***&a=b",
    '{"email": "jane@host"}': '{"email": "***@***"}',
    "receipt_email=jane@localhost": "receipt_email=***@***",
    'email~"jane doe"@bank.org': "email~***@***",
    "email=jane@example.com": "email=jane@example.com",
    "jane%40example.com": "jane%40example.com",
}


@pytest.mark.parametrize(("text", "told"), ADDRESSES.items())
def test_a_report_shows_no_address_that_a_recording_would_lose(text, told):
    """Encoded, with signs that nobody sees or in a field named for it: the text around it stays."""
    assert masked(f"see {text} 50%20") == f"see {told} 50%20"
