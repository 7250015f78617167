"""Requests as people see them, and bytes as text."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response, text_of
from pytest_stripe_balance.masking import shown

SHOWN = {
    "as it is": ("/v1/customers/cus_1/a%2Fb", "/v1/customers/cus_1/a%2Fb"),
    "other letters": ("/v1/customers/cus_%C3%A9", "/v1/customers/cus_%C3%A9"),
    "an address": ("/v1/customers/jane@bank.org", "/v1/customers/***@***"),
    "a coded address": ("/v1/customers/jane.doe%40bank.org", "/v1/customers/***@***"),
    "coded twice": ("/v1/customers/ada%2540bank.org", "/v1/customers/***@***"),
    "a coded key": ("/v1/x/sk%5Ftest%5Fabcdefghijkl", "/v1/x/sk_test_***"),
    "a line break": ("/v1/a%0Ask_test_abcdefghijkl", "/v1/a%0Ask_test_***"),
}


@pytest.mark.parametrize(("path", "shown"), SHOWN.values(), ids=SHOWN)
def test_a_path_is_shown_without_its_secrets(path, shown):
    """However they are coded; a path without any is shown as it was sent."""
    assert str(Request("GET", f"https://api.stripe.com{path}", Headers())) == f"GET {shown}"


SHORT = {
    "a form": ("POST", "", "name=Ada+L", "<200 POST /v1/customers name=Ada L>"),
    "a query": ("GET", "?limit=3", "", "<200 GET /v1/customers limit=3>"),
    "neither": ("GET", "", "", "<200 GET /v1/customers>"),
    "a secret": ("POST", "", "email=jane%40bank.org", "<200 POST /v1/customers email=***@***>"),
    "a long form": ("POST", "", "name=" + "a" * 99, f"<200 POST /v1/customers name={'a' * 55}...>"),
}


@pytest.mark.parametrize(("method", "query", "body", "short"), SHORT.values(), ids=SHORT)
def test_an_exchange_reads_as_a_short_line_without_secrets(method, query, body, short):
    """Status, method, path and parameters; no headers, which nobody looks for there."""
    headers = Headers({"Authorization": "Bearer sk_test_abcdefghijkl"})
    request = Request(method, f"https://api.stripe.com/v1/customers{query}", headers, body)
    assert repr(Exchange(request, Response(200, headers, b"{}"))) == short


def test_a_header_is_found_in_any_case_and_the_last_of_several_counts():
    """As it is given it is found first; otherwise the last that is the same but for its case."""
    headers = Headers({"X-Key": "a", "x-key": "b", "Y-Key": "c"})
    found = [headers.get(name) for name in ("X-Key", "x-key", "X-KEY", "y-key", "z-key", "Key")]
    assert found == ["a", "b", "b", "c", None, None]


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_two_bodies_are_one_text_only_where_they_are_one(one, other):
    """Whether they are UTF-8 or not, and what is text is that text."""
    assert (text_of(one) == text_of(other)) == (one == other)
    assert text_of("größe".encode()) == "größe"
    assert text_of(b"a\xff\xfe") == "a\ufffd<ff>\ufffd<fe>"


@pytest.mark.parametrize("longest", range(1, 30))
@pytest.mark.parametrize("secret", ["4242 4242 4242 4242", "sk_test_51HxABCdef0123"])
def test_a_secret_is_masked_before_a_text_is_cut(secret, longest):
    """Wherever the cut falls, no piece of it is left."""
    pieces = {secret[at : at + 4] for at in range(8, len(secret) - 3)}
    told = shown(f"see {secret} and more", longest)
    assert len(told) <= longest + 3
    assert not any(piece in told for piece in pieces)


def test_a_copy_of_an_answer_reads_as_the_answer():
    """A deep copy of one that nobody has read yet is read like the first."""
    response = Response(200, Headers(), b'{"id": "cus_1"}')
    assert copy.deepcopy(response).json == response.json == {"id": "cus_1"}
