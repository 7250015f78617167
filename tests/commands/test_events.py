"""`events`: what a suite in another language finds in the files, and what is never written over."""

import hashlib
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import stripe

from pytest_stripe_balance import fake_stripe, resources
from pytest_stripe_balance.commands import cli
from pytest_stripe_balance.commands.scenarios import SCENARIOS
from pytest_stripe_balance.contract.contract import contract

SECRET = "whsec_of_the_endpoint"
LEDGER = "customer_cash_balance_transaction.created"
NODE = """
const [folder, secret] = process.argv.slice(1);
const fs = require("fs"), path = require("path"), Stripe = require(process.env.STRIPE_NODE);
const stripe = new Stripe("sk_test_1");
for (const name of fs.readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  const file = path.join(folder, name);
  const signature = fs.readFileSync(file.replace(/json$/, "sig"), "utf8");
  console.log(stripe.webhooks.constructEvent(fs.readFileSync(file), signature, secret).type);
}
"""
ASKED = [
    ("customer.created", ""),
    ("payment_intent.created", "requires_confirmation, 0 of 1000"),
    ("payment_intent.requires_action", "requires_action, 0 of 1000"),
]
PAID = [
    *ASKED,
    (LEDGER, "funded 1000"),
    (LEDGER, "applied_to_payment -1000"),
    ("charge.succeeded", "succeeded 1000, refunded 0"),
    ("payment_intent.succeeded", "succeeded, 1000 of 1000"),
]
TOLD = {
    "partial-then-rest": [
        *ASKED,
        (LEDGER, "funded 600"),
        (LEDGER, "applied_to_payment -600"),
        ("payment_intent.partially_funded", "requires_action, 0 of 1000"),
        (LEDGER, "funded 400"),
        (LEDGER, "applied_to_payment -400"),
        ("charge.succeeded", "succeeded 1000, refunded 0"),
        ("payment_intent.succeeded", "succeeded, 1000 of 1000"),
    ],
    "overpaid": [
        *ASKED,
        (LEDGER, "funded 1200"),
        *PAID[4:],
        ("cash_balance.funds_available", "{'usd': 200}"),
    ],
    "canceled-with-money": [
        *ASKED,
        (LEDGER, "funded 600"),
        (LEDGER, "applied_to_payment -600"),
        ("payment_intent.partially_funded", "requires_action, 0 of 1000"),
        (LEDGER, "unapplied_from_payment 600"),
        ("payment_intent.canceled", "canceled, 0 of 1000"),
        ("cash_balance.funds_available", "{'usd': 600}"),
    ],
    "refunded-to-balance": [
        *PAID,
        (LEDGER, "refunded_from_payment 1000"),
        ("refund.created", "succeeded 1000"),
        ("charge.refunded", "succeeded 1000, refunded 1000"),
        ("cash_balance.funds_available", "{'usd': 1000}"),
    ],
    "refunded-to-bank": [
        *PAID,
        ("refund.created", "requires_action 400"),
        ("charge.refunded", "succeeded 1000, refunded 400"),
        ("refund.updated", "pending 400"),
        ("refund.updated", "succeeded 400"),
    ],
    "invoice-paid-by-number": [
        ("customer.created", ""),
        ("customer.updated", ""),
        ("invoice.created", "draft, 0 of 0"),
        ("invoiceitem.created", "1000"),
        ("invoice.updated", "draft, 0 of 1000"),
        ("payment_intent.created", "requires_payment_method, 0 of 1000"),
        ("invoice.updated", "open, 0 of 1000"),
        ("invoice.finalized", "open, 0 of 1000"),
        *PAID[3:],
        ("invoice.updated", "paid, 1000 of 1000"),
        ("invoice.paid", "paid, 1000 of 1000"),
        ("invoice.payment_succeeded", "paid, 1000 of 1000"),
        ("invoice_payment.paid", "paid 1000"),
    ],
    "checkout-paid-later": [
        ("customer.created", ""),
        *PAID[1:3],
        ("checkout.session.completed", "complete, unpaid 1000"),
        *PAID[3:],
        ("checkout.session.async_payment_succeeded", "complete, paid 1000"),
    ],
    "unclaimed-75-days": [
        ("customer.created", ""),
        (LEDGER, "funded 500"),
        ("cash_balance.funds_available", "{'usd': 500}"),
        (LEDGER, "return_initiated -500"),
    ],
    "reversed": [
        *PAID,
        (LEDGER, "funding_reversed -1000"),
        (LEDGER, "adjusted_for_overdraft 1000"),
    ],
}


def money(event):
    """Say what money an event speaks of."""
    subject = event["data"]["object"]
    return {
        "customer": "",
        "payment_intent": "{status}, {amount_received} of {amount}",
        "customer_cash_balance_transaction": "{type} {net_amount}",
        "cash_balance": "{available}",
        "charge": "{status} {amount}, refunded {amount_refunded}",
        "refund": "{status} {amount}",
        "invoice": "{status}, {amount_paid} of {amount_due}",
        "invoiceitem": "{amount}",
        "checkout.session": "{status}, {payment_status} {amount_total}",
        "invoice_payment": "{status} {amount_paid}",
    }[subject["object"]].format(**subject)


@pytest.fixture
def events(capsys):
    """Run `events` and give exit code, lines and errors."""

    def run(*arguments):
        code = cli.main(["events", *map(str, arguments)])
        told = capsys.readouterr()
        return code, told.out.splitlines(), told.err

    return run


@pytest.fixture
def written(events, tmp_path):
    """Write a scenario's files, and give the folder."""

    def run(name="partial-then-rest", *arguments, folder=tmp_path / "new" / "events"):
        code, paths, err = events(name, "--out", folder, *arguments)
        assert (code, err) == (0, "")
        assert [*map(str, sorted(folder.glob("*.json")))] == paths
        return folder

    return run


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_tells_its_story(events, name):
    """Its types in order, and the money that each speaks of."""
    code, lines, _ = events(name)
    assert code == 0
    assert [(event["type"], money(event)) for event in map(json.loads, lines)] == TOLD[name]


@pytest.mark.parametrize("version", resources.modelled_versions())
@pytest.mark.parametrize("name", SCENARIOS)
def test_an_event_has_the_shape_of_the_version_that_is_asked_for(events, name, version):
    """Each is at it, and holds to its contract."""
    told = [json.loads(line) for line in events(name, "--api-version", version)[1]]
    assert {event["api_version"] for event in told} == {version}
    assert [contract(version).check(event) for event in told] == [[]] * len(told)
    assert len(told) >= len(TOLD[name]) - 1  # an invoice's payment has events since basil


def test_all_scenarios_are_listed_on_a_narrow_screen(events):
    """Without a name: a line for each, with what happens."""
    code, lines, _ = events()
    assert code == 0
    assert [line.split()[0] for line in lines] == list(SCENARIOS) == list(TOLD)
    assert max(map(len, lines)) <= 80


def test_the_page_shows_the_list_as_it_is(events):
    """docs/other-languages.md has the lines that the command prints."""
    page = Path(__file__).parents[2] / "docs" / "other-languages.md"
    assert "\n".join(["```text", *events()[1], "```"]) in page.read_text("utf-8")


@pytest.mark.parametrize("name", SCENARIOS)
def test_an_endpoint_is_sent_the_same(events, name):
    """The types, the money and the count of endpoints are those of deliveries to an app."""
    with fake_stripe(seed=name, api_version=resources.newest_api_version()) as stripe_balance:
        endpoint = stripe_balance.webhooks.endpoint(handler=lambda *_: 200)
        SCENARIOS[name](stripe_balance)
        stripe_balance.webhooks.deliver()
    sent = [json.loads(delivery.payload) for delivery in endpoint.deliveries]
    told = [json.loads(line) for line in events(name)[1]]
    assert [_outline(event) for event in sent] == [_outline(event) for event in told]


def _outline(event):
    return sorted(event), event["type"], money(event), event["pending_webhooks"]


def test_the_files_sort_in_order_and_say_the_type(written):
    """A glob gives the events as they happened, and nothing else."""
    folder = written("overpaid")
    assert sorted(file.name for file in folder.iterdir()) == [
        "01-customer.created.json",
        "02-payment_intent.created.json",
        "03-payment_intent.requires_action.json",
        f"04-{LEDGER}.json",
        f"05-{LEDGER}.json",
        "06-charge.succeeded.json",
        "07-payment_intent.succeeded.json",
        "08-cash_balance.funds_available.json",
        "SHA256SUMS",
    ]


def test_an_event_is_as_it_is_while_it_is_delivered(events):
    """The endpoint hasn't acknowledged it yet; nobody but the clock has asked for a return."""
    told = [json.loads(line) for line in events("unclaimed-75-days")[1]]
    assert {event["pending_webhooks"] for event in told} == {1}
    assert told[-1]["created"] - told[-2]["created"] == 75 * 24 * 3600
    assert told[-1]["request"] == {"id": None, "idempotency_key": None}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_files_bytes_are_what_was_signed(written, name):
    """construct_event takes them as they are, with the text of the .sig file; no newline ends either."""
    files = sorted(written(name, "--secret", SECRET).glob("*.json"))
    assert len(files) == len(TOLD[name])
    for file in files:
        header = file.with_suffix(".sig").read_text("ascii")
        event = stripe.Webhook.construct_event(file.read_bytes(), header, SECRET)
        assert file.name[3:] == f"{event.type}.json"
        assert file.read_bytes().endswith(b"\n}")


@pytest.mark.skipif(
    not (shutil.which("node") and os.environ.get("STRIPE_NODE")),
    reason="STRIPE_NODE names no stripe-node",
)
@pytest.mark.parametrize("at", [(), ("--at", "2037-01-01")], ids=["now", "later"])
def test_stripe_node_takes_the_files_as_they_are(written, at):
    """A reader in Node has two files for each event, and constructEvent's own tolerance."""
    folder = written("invoice-paid-by-number", "--secret", SECRET, *at)
    read = subprocess.run(
        ["node", "-e", NODE, str(folder), SECRET], capture_output=True, text=True, check=True, timeout=60
    )
    assert read.stdout.split() == [name for name, _ in TOLD["invoice-paid-by-number"]]


def test_a_flipped_byte_is_found(written):
    """The signature is of the whole file."""
    file = next(written("reversed", "--secret", SECRET).glob("07-*.json"))
    body = file.read_bytes().replace(b'"amount": 1000', b'"amount": 1001')
    assert body != file.read_bytes()
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, file.with_suffix(".sig").read_text("ascii"), SECRET)


def test_without_files_a_line_has_the_text_and_its_signature(events):
    """For a suite that runs the command and reads its output."""
    code, lines, _ = events("overpaid", "--secret", SECRET)
    assert code == 0
    for line, (name, _) in zip(lines, TOLD["overpaid"], strict=True):
        row = json.loads(line)
        assert sorted(row) == ["payload", "signature"]
        assert stripe.Webhook.construct_event(row["payload"], row["signature"], SECRET).type == name


def test_a_signature_is_of_now_or_of_the_moment_that_is_named(events):
    """One of a later time doesn't get too old."""
    (row, *_) = map(json.loads, events("overpaid", "--secret", SECRET)[1])
    assert abs(time.time() - int(row["signature"][2:].split(",")[0])) < 60
    (row, *_) = map(json.loads, events("overpaid", "--secret", SECRET, "--at", "2037-01-01")[1])
    assert row["signature"].startswith("t=2114380800,v1=")


def test_the_same_command_writes_the_same_bytes(events):
    """In each run, and the header too where its moment is named."""
    command = ("refunded-to-bank", "--secret", SECRET, "--at", "2037-01-01")
    assert events(*command) == events(*command)


def test_a_folder_of_the_command_is_written_anew(written, tmp_path):
    """Another scenario's files, and their signatures, take the place of the first's."""
    folder = written("refunded-to-bank", "--secret", SECRET)
    written("overpaid", folder=folder)
    written("overpaid", folder=tmp_path / "fresh")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        file.name: file.read_bytes() for file in (tmp_path / "fresh").iterdir()
    }


def test_the_sums_are_those_that_sha256sum_checks(written):
    """A file that something changed on the way is found before its signature fails."""
    folder = written("overpaid", "--secret", SECRET)
    rows = [line.split("  ") for line in (folder / "SHA256SUMS").read_text("utf-8").splitlines()]
    assert len(rows) == 16
    for digest, name in rows:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda folder: (folder / "notes.txt").write_text("mine"), "notes.txt"),
        (lambda folder: (folder / "01-customer.created.json").write_text("{}"), "01-customer.created"),
        (lambda folder: (folder / "old").mkdir(), "old"),
        (lambda folder: (folder / "SHA256SUMS").unlink(), "01-customer.created.json"),
        (
            lambda folder: (folder / "SHA256SUMS").write_text(
                f"{hashlib.sha256(b'mine').hexdigest()}  setup.py\n"
            ),
            "01-customer.created.json",
        ),
    ],
    ids=["a file more", "a file changed", "a folder", "no sums", "another's sums"],
)
def test_nobody_elses_file_is_written_over(events, written, spoil, named):
    """A folder with anything else in it stays as it is, and the file is named."""
    folder = written("overpaid")
    spoil(folder)
    before = {file: file.is_file() and file.read_bytes() for file in folder.iterdir()}
    code, lines, err = events("reversed", "--out", folder)
    assert (code, lines, err.count("\n")) == (2, [], 1)
    assert named in err
    assert "name a folder that is new or empty" in err
    assert {file: file.is_file() and file.read_bytes() for file in folder.iterdir()} == before


def test_another_projects_sums_are_no_leave_to_write(events, tmp_path):
    """A folder of releases has a SHA256SUMS of its own."""
    (tmp_path / "tool.tar").write_bytes(b"tool")
    row = f"{hashlib.sha256(b'tool').hexdigest()}  tool.tar\n"
    (tmp_path / "SHA256SUMS").write_text(row)
    code, _, err = events("overpaid", "--out", tmp_path)
    assert code == 2
    assert "SHA256SUMS" in err
    assert (tmp_path / "SHA256SUMS").read_text() == row


@pytest.mark.parametrize("is_there", [False, True], ids=["new", "there"])
def test_an_error_on_the_way_leaves_what_was_there(events, monkeypatch, tmp_path, is_there):
    """A full disk at the fifth file: no folder, or the folder as it was."""
    folder = tmp_path / "events"
    if is_there:
        events("reversed", "--out", folder)
    before = {file: file.read_bytes() for file in folder.glob("*")}
    write_bytes, written = type(folder).write_bytes, []

    def write(file, body):
        written.append(file)
        if len(written) == 5:
            raise OSError(28, "No space left on device")
        write_bytes(file, body)

    monkeypatch.setattr(type(folder), "write_bytes", write)
    code, lines, err = events("overpaid", "--out", folder)
    assert (code, lines, err.count("\n")) == (2, [], 1)
    assert "No space left on device" in err
    assert {file: file.read_bytes() for file in folder.glob("*")} == before
    assert folder.exists() is is_there


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["partial-and-rest"], "'partial-and-rest'; nearest: partial-then-rest"),
        (["--out", "x"], "name a scenario: partial-then-rest, overpaid"),
        (["overpaid", "--out", ""], "--out is empty"),
        (["overpaid", "--out", __file__], "is a file"),
        (["overpaid", "--secret", ""], "--secret is empty; give the endpoint's signing secret"),
        (["overpaid", "--secret", "whsec_\n"], "--secret has characters"),
        (["overpaid", "--secret", "sk_test_1"], "--secret is an API key"),
        (["overpaid", "--at", "2037-01-01"], "without --secret there are none"),
        (["overpaid", "--secret", "whsec_1", "--at", "noon"], "--at: 'noon' is no moment"),
        (["overpaid", "--api-version", "basil"], "--api-version: Invalid Stripe API version"),
        (["overpaid", "--api-version", "2020-03-02"], "the oldest modelled version is 2020-08-27"),
        (["overpaid", "--api-version", "2026-10-28"], "it is '2026-10-28.endive'"),
    ],
)
def test_bad_usage_is_one_line_with_the_way_out(events, arguments, named):
    """With exit code 2, and nothing on standard output."""
    code, lines, err = events(*arguments)
    assert (code, lines, err.count("\n")) == (2, [], 1)
    assert named in err
