import os
from pathlib import Path

import pytest

KEY = "sk_test_51CANARYcanary0001"
MADE = {
    "a folder": Path.mkdir,
    "a pipe, a socket or a device": os.mkfifo,
    "a broken link to /nonexistent": lambda path: path.symlink_to("/nonexistent"),
    "a link to itself": lambda path: path.symlink_to(path),
}
MODES = (
    ("replay",),
    ("record",),
    ("record", "--stripe-record=rewrite"),
    ("record", "--stripe-record=all"),
    ("record", "--stripe-record=new"),
    ("check",),
)


@pytest.mark.parametrize("what", MADE)
@pytest.mark.parametrize("mode", MODES, ids=" ".join)
def test_what_stands_in_a_cassettes_place_is_told(project, server, monkeypatch, mode, what):
    """In each mode with a cassette a folder, a pipe or a broken link is named in one line; nothing is sent."""
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    path = project.pytester.path / "tests/cassettes/stripe/test_it/test_it.yaml"
    path.parent.mkdir(parents=True)
    MADE[what](path)
    result = project.test(
        "import stripe\ndef test_it(stripe_balance):\n    stripe.Customer.create()\n",
        f"--stripe-mode={mode[0]}",
        f"--stripe-base-url={server.url}",
        *mode[1:],
    )
    result.assert_outcomes(errors=1)
    told = [line for line in result.outlines if line.startswith("E ") or str(path) in line]
    assert any(f"{path} is {what}" in line for line in told), result.outlines
    assert not any("isn't there" in line for line in result.outlines)
    assert server.seen == []
    assert path.is_symlink() or path.is_dir() or path.is_fifo()
