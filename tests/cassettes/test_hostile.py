"""Cassettes that mean harm."""

import os
import textwrap

import pytest

from pytest_stripe_balance.commands import check

GOOD = '{"object": "cash_balance"}'


def checked(tmp_path, text, name="bad.yaml"):
    (tmp_path / name).write_text(textwrap.dedent(text))
    (tmp_path / "good.json").write_text(GOOD)
    return check.check(check.CheckQuestion([str(tmp_path / name), str(tmp_path / "good.json")]))


def bomb():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(lines)


PLACES = {
    "address": ("*a11", "{}", "{}"),
    "headers": ("https://api.stripe.com/v1/x", "{A: *a11}", "{}"),
    "answer": ("https://api.stripe.com/v1/x", "{}", "*a11"),
    "address that is none": ('"https://[bad"', "{}", "{}"),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_cassette_that_means_harm_is_one_line_and_the_rest_is_checked(place, tmp_path):
    """Multiplying aliases and invalid URLs neither hang the run nor stop it."""
    uri, headers, body = place
    outcome = checked(
        tmp_path,
        bomb()
        + f"""
interactions:
- request: {{method: GET, uri: {uri}, headers: {headers}, body: null}}
  response: {{status: {{code: 200}}, headers: {{}}, body: {{string: {body}}}}}
version: 1
""",
    )
    assert len(outcome.problems) + sum(tally.count for tally in outcome.unchecked.values()) == 1
    assert outcome.checked == 1


def test_a_pipe_is_not_waited_for(tmp_path):
    """A file without an end is refused before it is opened."""
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "good.json").write_text(GOOD)
    names = [str(tmp_path / "pipe.json"), str(tmp_path / "good.json")]
    outcome = check.check(check.CheckQuestion(names))
    assert [str(problem).rpartition(": ")[2] for problem in outcome.problems] == [
        "a pipe, a socket or a device"
    ]
    assert outcome.checked == 1
