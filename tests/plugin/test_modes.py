"""The same test file on the fake, recorded from a server, replayed without it, and checked against it."""

import json
import re

import pytest
import stripe
from vcr import VCR

SHOP = """
    import pytest
    import stripe

    client = stripe.StripeClient("sk_test_dummy")  # made at import time, with a key of nobody's

    def settle_open_intents(customer):
        for intent in stripe.PaymentIntent.list(customer=customer).data:
            stripe.PaymentIntent.apply_customer_balance(intent.id)

    def test_partial_wire(stripe_balance):
        email = stripe_balance.unique("ada") + "@example.com"
        customer = stripe_balance.customer(reconciliation="manual", email=email)
        intent = stripe_balance.bank_transfer_intent(customer, amount=1000, currency="usd")
        stripe_balance.fund(customer, 600, "usd")
        settle_open_intents(customer.id)
        intent = stripe.PaymentIntent.retrieve(intent.id)
        assert intent.next_action.display_bank_transfer_instructions.amount_remaining == 400
        assert stripe_balance.available(customer) == {"usd": 0}
        types = [event.type for event in stripe_balance.events()]
        assert types[-1] == "payment_intent.partially_funded"

    def test_a_refusal(stripe_balance):
        with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
            getattr(client, "v1", client).payment_intents.apply_customer_balance("pi_nope")
"""
CASSETTES = "tests/cassettes/stripe/test_it"


@pytest.fixture
def shop(project):
    project.file("test_it.py", SHOP)
    return project


def cassette(project, name="test_partial_wire"):
    return project.pytester.path / CASSETTES / f"{name}.yaml"


def test_the_same_tests_are_green_in_every_mode(shop, sending, stripe_server_here):
    """Fake, record, replay with the server gone, live and check before that."""
    for mode in ("fake", "record", "live", "check"):
        sending(mode).assert_outcomes(passed=2)
    stripe_server_here.stop()
    before = len(stripe_server_here.seen)
    sending("replay").assert_outcomes(passed=2)
    assert len(stripe_server_here.seen) == before


def test_the_header_names_who_answers(shop, sending, stripe_server_here):
    """Where it isn't the fake, the first lines say so, and where recordings lie."""
    server = f"the server at {stripe_server_here.url} answers"
    for mode, told in {
        "record": f"{server} and is recorded, cassettes in tests/cassettes/stripe",
        "check": f"{server} and is compared with the recordings, cassettes in tests/cassettes/stripe",
        "live": server,
    }.items():
        assert f"stripe: mode {mode}, {told}" in sending(mode, "-k", "partial").outlines
    result = sending("live", "--stripe-base-url=", "--collect-only")
    assert "stripe: mode live, Stripe's test mode answers" in result.outlines
    result = sending("replay")
    result.stdout.fnmatch_lines(["stripe: mode replay, a cassette answers, cassettes in *"])
    assert "stripe: mode" not in sending("fake").stdout.str()


def test_the_marker_keeps_a_test_on_the_fake(project, sending, stripe_server_here):
    """What is fake only works in every mode under `mode="fake"`, and nothing is sent."""
    project.file(
        "test_it.py",
        """
        import pytest

        @pytest.mark.stripe_balance(mode="fake")
        def test_it(stripe_balance):
            assert stripe_balance.explain(stripe_balance.fund(stripe_balance.customer(), 100))
        """,
    )
    for mode in ("record", "replay", "live", "check"):
        sending(mode).assert_outcomes(passed=1)
    assert stripe_server_here.seen == []


@pytest.mark.parametrize("mode", ["record", "replay", "live", "check"])
def test_a_refusal_of_the_fake_is_expected_of_the_fake_alone(mode, project, sending, stripe_server_here):
    """A recording that isn't there is refused too: to expect that would make a test pass that tests nothing."""
    project.file(
        "test_it.py",
        """
        import pytest, stripe

        def test_it(stripe_balance):
            with pytest.raises(RuntimeError, match="refused is fake only.*keeps the test on the fake"):
                with stripe_balance.refused(match="customers"):
                    stripe.Customer.create()
        """,
    )
    sending(mode).assert_outcomes(passed=1)
    assert stripe_server_here.seen == []


def test_a_reading_that_means_nothing_is_told(project, sending):
    """It says how the fake answers, so where it doesn't the summary has a line, once with a count."""
    project.file(
        "test_it.py",
        """
        import pytest

        pytestmark = pytest.mark.stripe_balance(assume={"apply-without-amount-short": "refused"})

        def test_one(stripe_balance):
            stripe_balance.customer()

        def test_two(stripe_balance):
            stripe_balance.customer()
        """,
    )
    told = "and assume= means nothing (2 tests)"
    for mode in ("record", "replay", "live", "check"):
        result = sending(mode)
        result.assert_outcomes(passed=2)
        line = f"stripe: in the mode {mode} the fake doesn't answer, {told}"
        assert line in result.outlines
    assert "means nothing" not in sending("fake").stdout.str()


def test_what_is_sent_has_the_key_of_the_environment(shop, sending, stripe_server_here):
    """Clients made with a dummy key work unmodified, and the dummy never leaves."""
    sending("live").assert_outcomes(passed=2)
    keys = {request.headers["Authorization"] for request in stripe_server_here.seen}
    assert keys == {"Bearer sk_test_51TheRealOneOfThisAccount"}


def test_a_recording_holds_no_secret_and_says_who_answered(shop, sending):
    """Neither key nor client secret is in the file; its header tells host, version, SDK and test."""
    sending("record").assert_outcomes(passed=2)
    text = cassette(shop).read_text("utf-8")
    assert "TheRealOne" not in text
    assert "sk_test_dummy" not in text
    provenance = text[text.index("provenance:") :]
    assert "who: server:127.0.0.1" in provenance
    for told in (
        f"api_version: {stripe.api_version}\n",
        f"sdk: stripe-python {stripe.VERSION}",
        "test_it.py::test_partial",
    ):
        assert told in provenance


def test_plain_vcrpy_reads_a_recording(shop, sending):
    """The provenance does not disturb it."""
    sending("record").assert_outcomes(passed=2)
    path = cassette(shop)
    with VCR().use_cassette(str(path), record_mode="none") as tape:
        assert len(tape.requests) == len(tape.responses) > 5


def test_a_request_that_was_not_recorded_fails_past_any_except(shop, sending):
    """An app that swallows every exception doesn't get away with it; the message says what differs."""
    sending("record").assert_outcomes(passed=2)
    changed = SHOP.replace(
        "stripe.PaymentIntent.apply_customer_balance(intent.id)",
        """
            try:
                stripe.PaymentIntent.apply_customer_balance(intent.id, amount=500)
            except BaseException:
                pass
        """,
    ).replace("assert ", "0 and ")
    shop.file("test_it.py", changed)
    result = sending("replay", "-k", "partial")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*POST /v1/payment_intents/pi_*/apply_customer_balance*"])
    result.stdout.fnmatch_lines(["*amount*500*"])


def test_a_test_is_recorded_whatever_became_of_those_before_it(project, sending):
    """Only its own failures keep a cassette from being written."""
    project.file(
        "test_it.py",
        """
        def test_before(stripe_balance):
            stripe_balance.customer()
            assert not "for a reason of its own"
        def test_it(stripe_balance):
            stripe_balance.customer()
        """,
    )
    sending("record", "-p", "no:randomly").assert_outcomes(passed=1, failed=1)
    assert [path.name for path in project.pytester.path.rglob("*.yaml")] == ["test_it.yaml"]


@pytest.mark.parametrize("mode", ["replay", "check"])
def test_without_a_recording_the_error_says_how_to_make_it(mode, shop, sending, stripe_server_here):
    """The path that isn't there, and the command that makes it; nothing is sent."""
    result = sending(mode, "-k", "partial")
    result.assert_outcomes(failed=1)
    assert stripe_server_here.seen == []
    result.stdout.fnmatch_lines(["*there is no recording of test_it.py::test_partial_wire: *"])
    result.stdout.fnmatch_lines(["*pytest --stripe-mode=record 'test_it.py::test_partial_wire'*"])


@pytest.mark.parametrize("mode", ["replay", "check"])
def test_a_test_of_what_is_fake_only_is_told_how_to_stay_there(mode, project, sending):
    """Recording it would fail, so the error names the mark beside that; with the mark it is green."""
    code = """
        import pytest, stripe

        {mark}
        def test_it(stripe_balance, stripe_clock):
            stripe.Customer.create()
            stripe_clock.advance(days=75)
        """
    project.file("test_it.py", code.format(mark=""))
    result = sending(mode)
    result.assert_outcomes(failed=1)
    mark = '@pytest.mark.stripe_balance(mode="fake")'
    assert f"as stripe_clock is, keep it on the fake: {mark}" in result.stdout.str()
    project.file("test_it.py", code.format(mark=mark))
    sending(mode).assert_outcomes(passed=1)


def test_a_test_that_asks_nothing_needs_no_recording(project, sending):
    """It leaves none when it is recorded, and is green in every mode, as one that skips itself is."""
    project.file(
        "test_it.py",
        """
        import pytest
        def test_it(stripe_balance):
            assert stripe_balance.unique("sku")
        def test_skipped(stripe_balance):
            pytest.skip("not today")
        """,
    )
    for mode in ("record", "replay", "check", "live"):
        sending(mode).assert_outcomes(passed=1, skipped=1)
    assert not (project.pytester.path / CASSETTES).exists()


def test_a_test_that_ended_as_expected_is_recorded(project, sending, stripe_server_here):
    """So is one that fails as it is marked to, and one that skips what was left of it."""
    project.file(
        "test_it.py",
        """
        import pytest, stripe

        @pytest.mark.xfail(strict=True)
        def test_known(stripe_balance):
            assert stripe_balance.customer().name == "Ada"

        def test_half(stripe_balance):
            stripe_balance.customer()
            pytest.skip("no more today")
        """,
    )
    for mode in ("record", "check"):
        sending(mode).assert_outcomes(xfailed=1, skipped=1)
    stripe_server_here.stop()
    sending("replay").assert_outcomes(xfailed=1, skipped=1)


def test_check_tells_what_changed_beside_the_failure_that_comes_of_it(shop, sending, stripe_server_here):
    """A test that fails because Stripe answers otherwise says so; what it no longer asked for it doesn't."""
    sending("record").assert_outcomes(passed=2)

    def in_text(request, body):
        return re.sub(rb'"amount_remaining":(\d+)', rb'"amount_remaining":"\1"', body)

    stripe_server_here.change = in_text
    result = sending("check", "-k", "partial", "-o", "stripe_contract=breaking=warning")
    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines(["*Stripe no longer answers as *", "*.amount_remaining breaks type: *"])
    assert "was not asked" not in result.stdout.str()


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "two workers"])
def test_two_tests_dont_write_one_cassette(workers, project, sending):
    """The second is told, and the first one's recording stays; so it is from another run."""
    project.file(
        "conftest.py", "import pytest\n@pytest.fixture\ndef stripe_cassette(): return 'all.yaml'\n"
    )
    text = """
        def test_one(stripe_balance): stripe_balance.customer()
        def test_two(stripe_balance): stripe_balance.customer(name="Ada")
    """
    project.file("test_it.py", text)
    result = sending("record", "--stripe-record=all", *workers, apart=True, plugins=("xdist",))
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*all.yaml was not written: *. Let the fixture stripe_cassette name*"])
    before = (project.pytester.path / "all.yaml").read_text("utf-8")
    other = "one" if "test: test_it.py::test_two" in before else "two"
    sending("record", "--stripe-record=rewrite", "-k", other).assert_outcomes(passed=1, errors=1)
    assert (project.pytester.path / "all.yaml").read_text("utf-8") == before


def test_recorded_once_a_cassette_is_kept(shop, sending, stripe_server_here):
    """Another run of the mode record answers from what is there, and sends nothing."""
    sending("record").assert_outcomes(passed=2)
    before, seen = cassette(shop).read_bytes(), len(stripe_server_here.seen)
    sending("record").assert_outcomes(passed=2)
    assert (cassette(shop).read_bytes(), len(stripe_server_here.seen)) == (before, seen)


def test_what_a_miss_advises_mends_it(shop, sending):
    """The options that the message names record the test again, and the replay is green then."""
    sending("record", "-k", "partial").assert_outcomes(passed=1)
    shop.file("test_it.py", SHOP.replace("600", "400").replace("== 400", "== 600"))
    for mode in ("replay", "record"):
        result = sending(mode, "-k", "partial")
        result.assert_outcomes(failed=1)
    told = re.search(r"Record it again with --stripe-mode=(\w+)( --\S+\w)?,", result.stdout.str())
    sending(told[1], *(told[2] or "").split(), "-k", "partial").assert_outcomes(passed=1)
    sending("replay", "-k", "partial").assert_outcomes(passed=1)


def test_rewritten_a_cassette_is_made_anew(shop, sending, stripe_server_here):
    """Every request is sent again, and the file holds the new answers."""
    sending("record").assert_outcomes(passed=2)
    before, seen = cassette(shop).read_bytes(), len(stripe_server_here.seen)
    sending("record", "--stripe-record=rewrite").assert_outcomes(passed=2)
    assert cassette(shop).read_bytes() != before
    assert len(stripe_server_here.seen) == 2 * seen
    sending("replay").assert_outcomes(passed=2)


def test_a_failed_test_leaves_its_cassette_as_it_was(shop, sending):
    """Nothing good is lost to a bad run, and a line says so; `all` writes whatever comes."""
    sending("record").assert_outcomes(passed=2)
    before = cassette(shop).read_bytes()
    shop.file("test_it.py", SHOP.replace("amount_remaining == 400", "amount_remaining == 401"))
    result = sending("record", "--stripe-record=rewrite")
    result.assert_outcomes(passed=1, failed=1)
    assert cassette(shop).read_bytes() == before
    result.stdout.fnmatch_lines(
        ["stripe: *test_partial_wire.yaml was not written: its test did not pass"]
    )
    sending("record", "--stripe-record=all").assert_outcomes(passed=1, failed=1)
    assert cassette(shop).read_bytes() != before


LATE = {
    "a fixture's teardown": """
        import pytest
        @pytest.fixture
        def late(stripe_balance):
            yield
            assert not SECOND
        def test_it(stripe_balance, late):
            stripe_balance.customer()
            if not SECOND: stripe_balance.customer()
    """,
    "a subtest": """
        def test_it(stripe_balance, subtests):
            with subtests.test("one"):
                stripe_balance.customer()
                assert not SECOND
            if not SECOND: stripe_balance.customer()
    """,
}


def test_what_ends_early_leaves_a_whole_recording(project, sending):
    """A skip, or a failure as it is marked, begins a cassette, and writes over none; nor does check fail."""
    text = """
        import pytest
        MARK
        def test_it(stripe_balance):
            stripe_balance.customer()
            EARLY
            stripe_balance.customer()
    """
    project.file("test_it.py", text.replace("MARK", "").replace("EARLY", ""))
    assert sending("record").ret == 0
    before = cassette(project, "test_it").read_bytes()
    for mark, early in (("", "pytest.skip()"), ("@pytest.mark.xfail", "assert 0")):
        project.file("test_it.py", text.replace("MARK", mark).replace("EARLY", early))
        for mode in ("record", "check"):
            result = sending(mode, "--stripe-record=rewrite")
            result.assert_outcomes(skipped=early != "assert 0", xfailed=early == "assert 0")
        assert cassette(project, "test_it").read_bytes() == before


def test_a_skip_before_anything_is_asked_is_no_difference(project, sending):
    """Nothing was compared, and nothing was to be."""
    text = "import pytest\ndef test_it(stripe_balance):\n    EARLY\n    stripe_balance.customer()\n"
    project.file("test_it.py", text.replace("EARLY", "pass"))
    assert sending("record").ret == 0
    project.file("test_it.py", text.replace("EARLY", "pytest.skip('not today')"))
    sending("check").assert_outcomes(skipped=1)


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        ("RuntimeError('FIXTURE BROKE')", "*FIXTURE BROKE*"),
        ("pytest.exit.Exception('PLEASE EXIT')", "*Exit: PLEASE EXIT*"),
        ("KeyboardInterrupt()", "*KeyboardInterrupt*"),
    ],
)
def test_what_a_fixture_raises_on_the_way_out_is_not_lost(
    raised, told, project, sending, stripe_server_here
):
    """Where Stripe answers otherwise by now, too: both are told, and who ends the run ends it."""
    text = f"""
        import pytest
        @pytest.fixture
        def broken(stripe_balance):
            yield
            if BROKEN: raise {raised}
        def test_it(stripe_balance, broken):
            stripe_balance.customer()
        def test_next():
            pass
    """
    project.file("test_it.py", text.replace("BROKEN", "False"))
    assert sending("record").ret == 0
    project.file("test_it.py", text.replace("BROKEN", "True"))
    stripe_server_here.change = lambda _, body: body.replace(b'"balance":0', b'"balance":"0"')
    options = ("-o", "stripe_contract=breaking=warning", "-p", "no:randomly")
    result = sending("check", *options, apart=True)
    result.stdout.fnmatch_lines([told])
    if "FIXTURE" in raised:
        result.assert_outcomes(passed=2, errors=1)
        result.stdout.fnmatch_lines(["*Stripe no longer answers as *"])
    else:
        assert "2 passed" not in result.stdout.str()


def test_a_skips_reason_does_not_show_the_key(project, sending):
    """And pytest can still fold skips, and write its XML."""
    project.file(
        "test_it.py",
        """
        import os, pytest
        def test_it(stripe_balance):
            pytest.skip("no account for " + os.environ["STRIPE_API_KEY"])
        """,
    )
    result = sending("live", "-rs", "--junitxml=out.xml")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*no account for [*][*][*]"])
    assert "TheRealOne" not in (project.pytester.path / "out.xml").read_text("utf-8")


def test_words_of_any_alphabet_are_sent(project, sending, stripe_server_here):
    """What can't be base64 isn't read as that."""
    project.file(
        "test_it.py",
        """
        import stripe
        def test_it(stripe_balance):
            client = stripe.StripeClient("sk_test_1")
            client.raw_request("get", "/v1/customers", headers={"X-Word": "größenänderung-bestellung"})
        """,
    )
    sending("live").assert_outcomes(passed=1)
    assert len(stripe_server_here.seen) == 1


@pytest.mark.parametrize("text", LATE.values(), ids=LATE)
def test_what_fails_beside_the_tests_own_call_leaves_its_cassette_too(text, project, sending):
    """A half recording doesn't take a whole one's place."""
    if "subtests" in text and pytest.version_tuple < (9,):
        pytest.skip("pytest 9 has them")
    project.file("test_it.py", text.replace("SECOND", "False"))
    assert sending("record").ret == 0
    before = cassette(project, "test_it").read_bytes()
    project.file("test_it.py", text.replace("SECOND", "True"))
    result = sending("record", "--stripe-record=rewrite")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["stripe: *test_it.yaml was not written: its test did not pass"])
    assert cassette(project, "test_it").read_bytes() == before


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("test_it.py/a.yaml", None, "Not a directory|exists"),
        ("a.json", b"\xff\xfe{", "a body isn't text, which JSON can't hold"),
    ],
)
def test_what_cannot_be_written_is_told_in_one_line(
    path, body, reason, project, sending, stripe_server_here
):
    """Whatever the reason, the error names the file, and the test's own traceback is none of it."""
    project.file(
        "test_it.py",
        f"""
        import contextlib, pytest, stripe
        @pytest.fixture
        def stripe_cassette():
            return {path!r}
        def test_it(stripe_balance):
            with contextlib.suppress(stripe.APIError, UnicodeDecodeError):
                stripe.Customer.list()
        """,
    )
    stripe_server_here.change = lambda _, answered: answered if body is None else body
    result = sending("record")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.re_match_lines([rf".*was not written: .*({reason})"])
    assert "Traceback" not in result.stdout.str()


def test_new_requests_are_added_to_a_cassette(shop, sending, stripe_server_here):
    """By the way `new` what is recorded is replayed, and only what it lacks is sent."""
    sending("record").assert_outcomes(passed=2)
    seen = len(stripe_server_here.seen)
    more = SHOP.replace(
        "        types = [", "        stripe.PaymentIntent.cancel(intent.id)\n        types = ["
    ).replace("payment_intent.partially_funded", "cash_balance.funds_available")
    shop.file(
        "test_it.py", SHOP + more[more.index("    def test_a_refusal") :].replace("refusal", "third")
    )
    sending("record", "--stripe-record=new").assert_outcomes(passed=3)
    assert len(stripe_server_here.seen) == seen + 1
    sending("replay").assert_outcomes(passed=3)


def test_what_a_test_never_asks_for_is_reported(shop, sending):
    """A replay that uses less than was recorded passes, and a line counts what was left."""
    sending("record").assert_outcomes(passed=2)
    shop.file("test_it.py", SHOP.replace("types = [event.type", "return\n        types = [event.type"))
    result = sending("replay")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["stripe: test_it.py::test_partial_wire never asked for * recorded req*"]
    )


def test_check_finds_what_changed_since_the_recording(shop, sending, stripe_server_here):
    """A key that went is an error of the test, named with its request and path."""
    sending("record").assert_outcomes(passed=2)

    def without_ledger_type(request, body):
        document = json.loads(body)
        if request.path.endswith("fund_cash_balance"):
            document["net_amount"] = str(document["net_amount"])
        return json.dumps(document).encode()

    stripe_server_here.change = without_ledger_type
    result = sending("check", "-k", "partial", "-o", "stripe_contract=breaking=warning")
    result.assert_outcomes(passed=1, errors=1)
    told = "breaking: customer_cash_balance_transaction at $.net_amount breaks type: integer; *"
    result.stdout.fnmatch_lines([f"{told}; in POST /v1/test_helpers/customers/*/fund_cash_balance"])
    way_out = "pytest --stripe-mode=record --stripe-record=rewrite 'test_it.py::test_partial_wire'"
    result.stdout.fnmatch_lines([f"If that is right, record it again: {way_out}"])
    result.stdout.no_fnmatch_line("*asked at*")  # nobody asked: the test is over
    assert result.stdout.str().count("breaks type: integer;") == 1


def test_what_check_warns_of_is_told_with_its_request(shop, sending, stripe_server_here):
    """Not with the recording, which the test's own name tells."""
    sending("record").assert_outcomes(passed=2)

    def emptied(request, body):
        is_list = request.method == "GET" and request.path == "/v1/payment_intents"
        return json.dumps({**json.loads(body), "data": []}).encode() if is_list else body

    stripe_server_here.change = emptied
    shop.file("test_it.py", SHOP.replace("assert ", "0 and "))
    result = sending("check", "-k", "partial")
    result.assert_outcomes(passed=1)
    place = "in test_it.py::test_partial_wire, GET /v1/payment_intents"
    result.stdout.fnmatch_lines([f"stripe: warning: vanished: list at $.data[[]0] is gone, *; {place}"])


NOTHING = "nothing was compared: test_it.py::test_partial_wire asked for "
UNCOMPARED = {
    "another request": ("stripe.Invoice.list()", None, f"{NOTHING}GET /v1/invoices, and *.yaml holds POST /v1/customers, *, ..."),
    "no request": ("pass", None, f"{NOTHING}nothing, and *.yaml holds POST /v1/customers, *"),
    "no recorded request": (None, "interactions: null\nversion: 1\n", f"{NOTHING}POST /v1/customers, *, and *.yaml holds nothing"),
    "neither": ("pass", "interactions: []\nversion: 1\n", f"{NOTHING}nothing, and *.yaml holds nothing"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "recorded", "told"), UNCOMPARED.values(), ids=UNCOMPARED)
def test_a_check_of_nothing_fails(body, recorded, told, shop, sending):
    """It names what was asked, what is recorded, and the way out."""
    sending("record").assert_outcomes(passed=2)
    if body:
        asked = f"import stripe\ndef test_partial_wire(stripe_balance):\n    {body}\n"
        shop.file("test_it.py", asked)
    if recorded:
        cassette(shop).write_text(recorded, "utf-8")
    result = sending("check", "-k", "partial")
    result.assert_outcomes(passed=1, errors=1)
    fake = 'If that is right, keep it on the fake: @pytest.mark.stripe_balance(mode="fake")'
    again = "If that is right, record it again: pytest --stripe-mode=record --stripe-record=rewrite *"
    result.stdout.fnmatch_lines([told, fake if body == "pass" else again])


def test_a_miss_is_explained_once(shop, sending):
    """The nearest recorded requests are in the failure; the state below it names the refusal alone."""
    sending("record").assert_outcomes(passed=2)
    shop.file("test_it.py", SHOP.replace("600", "700"))
    result = sending("replay", "-k", "partial")
    result.assert_outcomes(failed=1)
    told = result.stdout.str()
    assert told.count("recorded '600', sent '700'") == 1
    result.stdout.fnmatch_lines(["refused: POST /v1/test_helpers/*/fund_cash_balance: not in *"])


def test_a_live_key_ends_a_run_that_sends(shop, sending, stripe_server_here):
    """No byte leaves under a live key, and no further test runs."""
    shop.file("test_it.py", SHOP.replace("sk_test_dummy", "sk_live_1"))
    shop.file("test_other.py", "def test_it(stripe_balance): stripe_balance.customer()")
    result = sending("live", "-k", "refusal or other")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["*Exit: test_it.py::test_a_refusal: *a live API key (sk_live_****) was*"]
    )
    assert stripe_server_here.seen == []


LIVE_CALLS = {
    "an organisation's": """stripe.Customer.list(api_key="sk_org_live_51ABCDEFGHIJK")""",
    "a publishable one": """stripe.Customer.list(api_key="pk_live_51ABCDEFGHIJK")""",
    "in the body": """stripe.Customer.create(metadata={"k": "sk_live_51ABCDEFGHIJK"})""",
    "in another header": """raw(headers={"X-Forward-Key": "sk_live_51ABCDEFGHIJK"})""",
    "in Basic without its padding": """raw(headers={"Authorization": "Basic " + basic})""",
    "after a tab": """raw(headers={"Authorization": "Bearer\\tsk_live_51ABCDEFGHIJK"})""",
    "alone": """raw(headers={"Authorization": "sk_live_51ABCDEFGHIJK"})""",
    "coded in the URL": """raw("/v1/customers?k=sk%5Flive%5F51ABCDEFGHIJK")""",
    "in Basic of a proxy": """raw(headers={"Proxy-Authorization": "Basic " + basic})""",
    "in a header's name": """raw(headers={"sk_live_51ABCDEFGHIJK": "1"})""",
    "put in by a client of one's own": """raw(http_client=Meddling())""",
}


@pytest.mark.parametrize("call", LIVE_CALLS.values(), ids=LIVE_CALLS)
def test_a_live_key_does_not_leave_wherever_it_stands(call, project, sending, stripe_server_here):
    """Of any kind, in any header, and in the body."""
    project.file(
        "test_it.py",
        f"""
        import base64, stripe
        basic = base64.b64encode(b"sk_live_51ABCDEFGHIJK:").decode().rstrip("=")
        class Meddling(stripe.RequestsClient):
            def request(self, method, url, headers, post_data=None):
                headers = dict(headers, Authorization="Bearer sk_live_51ABCDEFGHIJK")
                return super().request(method, url, headers, post_data)
        def raw(path="/v1/customers", headers={{}}, **client):
            stripe.StripeClient("sk_test_1", **client).raw_request("get", path, headers=headers)
        def test_it(stripe_balance):
            {call}
        """,
    )
    result = sending("live")
    result.stdout.fnmatch_lines(["*Exit: test_it.py::test_it: *a live API key (*"])
    assert stripe_server_here.seen == []


def test_what_cannot_be_read_as_a_key_is_not_sent(project, sending, stripe_server_here):
    """It may be anybody's."""
    project.file(
        "test_it.py",
        """
        import stripe
        def test_it(stripe_balance):
            headers = {"Authorization": "Digest 51ABCDEFGHIJK"}
            stripe.StripeClient("sk_test_1").raw_request("get", "/v1/customers", headers=headers)
        """,
    )
    result = sending("live")
    result.stdout.fnmatch_lines(["*the Authorization header can't be read, so it isn't sent*"])
    assert stripe_server_here.seen == []


OWN_CLIENT = """
    import urllib.request
    import stripe
    class Own:  # no stripe.HTTPClient, and sends by itself
        name = "own"
        def request_with_retries(self, method, url, headers, post_data=None, *_, **__):
            asked = urllib.request.Request(url, headers=headers, method=method.upper())
            with urllib.request.urlopen(asked) as got:
                return got.read(), got.status, dict(got.headers)
    def test_it(stripe_balance):
        client = stripe.StripeClient("KEY", http_client=Own())
        assert getattr(client, "v1", client).customers.list().data == []
"""


def test_a_client_of_ones_own_is_recorded_and_replayed(project, sending, stripe_server_here):
    """It sends with the key of the environment, and what it was answered is in the cassette."""
    project.file("test_it.py", OWN_CLIENT.replace("KEY", "sk_test_dummy"))
    sending("record").assert_outcomes(passed=1)
    (request,) = stripe_server_here.seen
    assert request.headers["Authorization"] == "Bearer sk_test_51TheRealOneOfThisAccount"
    assert "who: unknown" in cassette(project, "test_it").read_text("utf-8")  # it may have asked anybody
    stripe_server_here.stop()
    sending("replay").assert_outcomes(passed=1)


def test_a_live_key_does_not_leave_by_a_client_of_ones_own(project, sending, stripe_server_here):
    """The run ends before its code is come to."""
    project.file("test_it.py", OWN_CLIENT.replace("KEY", "sk_live_51ABCDEFGHIJK"))
    sending("live").stdout.fnmatch_lines(["*Exit: test_it.py::test_it: *a live API key (*"])
    assert stripe_server_here.seen == []


def test_a_traceback_does_not_show_the_key(project, sending):
    """Where the server isn't there, the HTTP library's frames have the headers that were sent."""
    project.file(
        "test_it.py",
        """
        import stripe
        def test_it(stripe_balance):
            print("before")
            stripe.StripeClient("sk_test_1", max_network_retries=0).raw_request("get", "/v1/customers")
        """,
    )
    result = sending("live", "--showlocals", "--stripe-base-url=http://127.0.0.1:9")
    result.assert_outcomes(failed=1)
    told = result.stdout.str()
    assert "'Authorization': 'Bearer ***'" in told
    assert "TheRealOne" not in told


@pytest.mark.parametrize("mark", ["", "@pytest.mark.xfail"], ids=["failed", "xfailed"])
def test_a_traceback_shows_no_part_of_the_key(mark, project, sending, monkeypatch):
    """Nor where pytest cuts what it shows in the middle, nor in the report of an expected failure."""
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_51" + "".join(f"Part{n:02}" for n in range(16)))
    project.file(
        "test_it.py",
        f"""
        import pytest, stripe
        {mark}
        def test_it(stripe_balance):
            client = stripe.StripeClient("sk_test_1", http_client=stripe.RequestsClient(), max_network_retries=0)
            client.raw_request("get", "/v1/customers")
        """,
    )
    options = ("--showlocals", "-vv", "-rx", "--xfail-tb", "--stripe-base-url=http://127.0.0.1:9")
    told = sending("live", *options).stdout.str()
    assert "Bearer ***" in told
    assert not re.search("Part[0-9]", told)


def test_a_test_outside_of_rootdir_runs(project):
    """Its node id names no file; its own name does."""
    project.file("configured/pytest.ini", "[pytest]\n")
    project.file("tests/test_it.py", "def test_it(stripe_balance): stripe_balance.customer()")
    result = project.run_apart("-cconfigured/pytest.ini", "tests/test_it.py")
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("place", ["option", "ini", "environment", "fixture"])
def test_cassettes_lie_where_the_project_says(place, shop, sending, monkeypatch):
    """Option, environment, ini, or a fixture of the project's own that names the file."""
    arguments = ["--stripe-cassette-dir=elsewhere"] if place == "option" else []
    if place == "environment":
        monkeypatch.setenv("PYTEST_STRIPE_CASSETTE_DIR", "elsewhere")
    if place == "ini":
        shop.file("pytest.ini", "[pytest]\nstripe_cassette_dir = elsewhere\n")
    where = shop.pytester.path / "elsewhere" / "test_it" / "test_partial_wire.yaml"
    if place == "fixture":
        where = shop.pytester.path / "mine.json"
        shop.file(
            "conftest.py",
            """
            import pathlib, pytest

            @pytest.fixture
            def stripe_cassette(request):
                return request.config.rootpath / "mine.json"
            """,
        )
    for mode in ("record", "replay"):
        sending(mode, "-k", "partial", *arguments).assert_outcomes(passed=1)
        assert where.is_file()
    assert where.suffix != ".json" or json.loads(where.read_text("utf-8"))["interactions"]


def test_two_workers_record_at_once(shop, sending):
    """Under pytest-xdist nothing is lost and nothing mixed."""
    many = (
        SHOP
        + """
    @pytest.mark.parametrize("number", range(8))
    def test_many(stripe_balance, number):
        customer = stripe_balance.customer(name=f"number {number}")
        assert stripe.Customer.retrieve(customer.id).name == f"number {number}"
"""
    )
    shop.file("test_it.py", many)
    for mode in ("record", "replay"):
        sending(mode, "-n2", apart=True, plugins=("xdist",)).assert_outcomes(passed=10)
    files = sorted(path.name for path in cassette(shop).parent.iterdir())
    assert len(files) == 10
    for number in range(8):
        text = cassette(shop, f"test_many[{number}]").read_text("utf-8")
        assert {f"number {other}" in text for other in range(8) if other != number} == {False}


def test_twelve_requests_from_eight_threads_are_twelve_in_the_cassette(project, sending):
    """Nothing is lost under threads, and the replay answers them in threads too."""
    project.file(
        "test_it.py",
        """
        from concurrent.futures import ThreadPoolExecutor
        import stripe

        def test_threads(stripe_balance):
            with ThreadPoolExecutor(8) as pool:
                made = list(pool.map(lambda n: stripe.Customer.create(name=f"n{n}"), range(12)))
            assert sorted(one.name for one in made) == sorted(f"n{n}" for n in range(12))
        """,
    )
    for mode in ("record", "replay"):
        sending(mode).assert_outcomes(passed=1)
    text = cassette(project, "test_threads").read_text("utf-8")
    assert text.count("\n- request:") == 12


def test_async_clients_are_recorded_and_replayed(project, sending):
    """Clients of httpx and aiohttp, gathered, lose nothing."""
    project.file(
        "test_it.py",
        """
        import asyncio, pytest, stripe

        @pytest.mark.parametrize("kind", [stripe.HTTPXClient, stripe.AIOHTTPClient])
        def test_async(stripe_balance, kind):
            async def go():
                http = kind()
                client = stripe.StripeClient("sk_test_1", http_client=http)
                api = getattr(client, "v1", client)
                calls = (api.customers.create_async({"name": f"n{n}"}) for n in range(6))
                made = await asyncio.gather(*calls)
                await http.close_async()
                return sorted(one.name for one in made)
            assert asyncio.run(go()) == sorted(f"n{n}" for n in range(6))
        """,
    )
    for mode in ("record", "replay"):
        sending(mode).assert_outcomes(passed=2)


def test_an_old_recording_is_told_and_fails_nothing(shop, sending):
    """With `--stripe-max-age` a line says how old it is; without, nobody asks."""
    sending("record").assert_outcomes(passed=2)
    path = cassette(shop)
    aged = re.sub(r"date: '?20\d\d", lambda found: found[0][:-4] + "2019", path.read_text("utf-8"))
    path.write_text(aged, "utf-8")
    result = sending("replay", "--stripe-max-age=90")
    result.assert_outcomes(passed=2)
    (told,) = [line for line in result.outlines if "days ago" in line]
    assert told.startswith("stripe: ")
    assert told.endswith("the maximum age is 90 days")
    assert "days ago" not in sending("replay").stdout.str()


def test_another_api_version_than_the_recorded_one_is_told_once(project, sending):
    """A newer stripe-python asks for another shape than the cassettes have; nothing fails for it."""
    text = """
        import stripe
        def test_it(stripe_balance):
            assert stripe.Customer.list(stripe_version="2024-06-20").data == []
        def test_again(stripe_balance):
            assert stripe.Customer.list(stripe_version="2024-06-20").data == []
    """
    project.file("test_it.py", text)
    sending("record").assert_outcomes(passed=2)
    assert "API version" not in sending("replay").stdout.str()
    project.file("test_it.py", text.replace("2024-06-20", "2024-06-20; feature_beta=v3"))
    assert "API version" not in sending("replay").stdout.str()
    project.file("test_it.py", text.replace("2024-06-20", "2025-03-31.basil"))
    result = sending("replay")
    result.assert_outcomes(passed=2)
    told = "recorded at API version 2024-06-20, but the test asks at 2025-03-31.basil: record it again"
    assert result.outlines.count(f"stripe: {told} (2 tests)") == 1


def test_recordings_can_be_json(shop, sending):
    """`--stripe-cassette-format=json` writes vcrpy's JSON, and replays it."""
    form = "--stripe-cassette-format=json"
    for mode in ("record", "replay"):
        sending(mode, form).assert_outcomes(passed=2)
    document = json.loads(cassette(shop).with_suffix(".json").read_text("utf-8"))
    assert document["provenance"]["who"] == "server:127.0.0.1"
    assert len(document["interactions"]) > 5


@pytest.mark.parametrize("mode", ["replay", "check"])
@pytest.mark.parametrize(("there", "due"), [("json", "yaml"), ("yaml", "json")])
def test_a_recording_in_the_other_format_is_named(there, due, mode, shop, sending):
    """A run that looks for the one that isn't there says which is, and what to ask for."""
    form = "--stripe-cassette-format"
    sending("record", f"{form}={there}", "-k", "partial").assert_outcomes(passed=1)
    result = sending(mode, f"{form}={due}", "-k", "partial")
    result.assert_outcomes(failed=1)
    told = f"*there is no *test_partial_wire.{due}, but test_partial_wire.{there} is there: "
    result.stdout.fnmatch_lines([f"{told}read it with {form}={there}*"])


@pytest.mark.parametrize("version", ["2027-06-30.newname", "2025-03-31.preview"])
def test_an_answer_of_an_unknown_version_is_told_and_not_checked(
    version, shop, sending, stripe_server_here
):
    """The test goes on, as Stripe's answer is right; that nobody held it to a contract is one line."""
    stripe_server_here.told = {"Stripe-Version": version}
    told = f"stripe: answers at API version {version} have no schema, and were not checked (2 tests)"
    for mode in ("live", "record", "replay"):
        result = sending(mode)
        result.assert_outcomes(passed=2)
        assert result.outlines.count(told) == 1


@pytest.mark.parametrize("version", ["garbage", "2026-10-28.ENDIVE", "2026-10-28.endive, 2026-10-28"])
def test_an_answer_of_what_is_no_version_is_refused(version, shop, sending, stripe_server_here):
    """Nobody can say what it is to be held to."""
    stripe_server_here.told = {"Stripe-Version": version}
    result = sending("live", "-k", "partial")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the answer can't be checked: not a Stripe API version*"])


def test_an_event_of_no_version_is_held_to_that_of_its_answer(project, sending, stripe_server_here):
    """What its body says is believed where there is such a version, and nowhere else."""
    project.file(
        "test_it.py",
        """
        import stripe
        def test_it(stripe_balance):
            stripe_balance.customer()
            stripe.Event.retrieve(stripe.Event.list(limit=1).data[0].id)
        """,
    )
    odd = b'"pending_webhooks":"0"'
    stripe_server_here.change = lambda asked, body: (
        re.sub(
            rb'"api_version":"[^"]*"', b'"api_version":"x"', body.replace(b'"pending_webhooks":0', odd)
        )
        if "/events/" in asked.path
        else body
    )
    result = sending("live")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(['*$.pending_webhooks breaks type: "integer"*'])


def test_betas_behind_a_version_keep_no_answer_from_its_contract(shop, sending, stripe_server_here):
    """It is checked as what stands before them."""
    stripe_server_here.told = {"Stripe-Version": "2026-10-28.endive;custom_checkout_beta=v1"}
    stripe_server_here.change = lambda _, body: body.replace(b'"livemode":false', b'"livemode":0')
    result = sending("live", "-k", "partial")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(['*livemode breaks type: "boolean"*'])


def test_an_answer_that_cannot_be_checked_is_refused(shop, sending, stripe_server_here):
    """Past any `except`, with the reason."""
    deep = b'"metadata":{"a":' + b"[" * 600 + b"]" * 600 + b"}"
    stripe_server_here.change = lambda _, body: body.replace(b'"metadata":{}', deep)
    result = sending("live", "-k", "partial")
    result.assert_outcomes(failed=1)
    why = "the answer can't be checked: nested too deeply"
    result.stdout.fnmatch_lines([f"*POST /v1/customers: {why}*"])


ANYTHING = """
    import io, stripe
    client = stripe.StripeClient("sk_test_1")
    def test_it(stripe_balance):
        {body}
"""
KEPT = {
    "another API": "client.raw_request('post', '/v2/x', a={'b': NUMBER})",
    "an upload": "stripe.File.create(file=io.BytesIO(bytes([255, 254, NUMBER])), purpose='dispute_evidence')",
    "an upload in another encoding": "stripe.File.create(file=io.BytesIO('é'.encode(['latin-1', 'utf-8'][NUMBER - 1])), purpose='dispute_evidence')",
    "bytes in a path, and their text": "client.raw_request('get', '/v1/x/' + ['%FF', '%25FF'][NUMBER - 1])",
    "an upload of no text": "stripe.File.create(file=io.BytesIO(bytes([250 + NUMBER])), purpose='dispute_evidence')",
    "bytes in a path": "client.raw_request('get', '/v1/x/a%FNUMBER')",
    "names with dots": "client.raw_request('post', '/v2/x', **[{'a': {'b': 1}}, {'a.b': 1}][NUMBER - 1])",
}  # fmt: skip


@pytest.mark.parametrize("body", KEPT.values(), ids=KEPT)
def test_whatever_is_recorded_is_replayed_and_nothing_like_it(body, project, sending, server):
    """Other APIs, uploads and odd paths, byte for byte."""
    server.answer = b'{"id": "x_1", "object": "x"}'
    project.file("test_it.py", ANYTHING.format(body=body.replace("NUMBER", "1")))
    project.run("--stripe-mode=record", f"--stripe-base-url={server.url}").assert_outcomes(passed=1)
    sending("replay").assert_outcomes(passed=1)
    project.file("test_it.py", ANYTHING.format(body=body.replace("NUMBER", "2")))
    result = sending("replay")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*not in *test_it.yaml, which has 1 request.*"])


def test_the_probes_of_the_register_run_in_every_mode(project, sending, request):
    """What asks Stripe is recorded and replayed like any test, and says that this settles nothing."""
    probes = request.config.rootpath / "tests" / "verified"
    project.file("pytest.ini", "[pytest]\n")
    options = (
        "-c",
        "pytest.ini",
        f"--rootdir={probes}",
        "--stripe-record=all",
        f"{probes}/test_apply.py",
    )
    sending("fake", *options).assert_outcomes(passed=14)
    for mode in ("record", "replay"):
        folder = f"--stripe-cassette-dir={project.pytester.path}"
        result = sending(mode, *options, folder)
        result.assert_outcomes(passed=14)
        told = (
            "what the register assumes: this settles nothing about Stripe, as server:127.0.0.1 answered"
        )
        result.stdout.fnmatch_lines([told])
        result.stdout.fnmatch_lines(["  holds      apply-above-balance: *"])


PROBE = """
    def test_charge_id_prefix(probe):
        {}
"""
OUTCOMES = {
    "what it says": ("assert True", "fake", "  holds      charge-id-prefix: The charge of*"),
    "the contrary": ("assert False", "fake", "  refuted    charge-id-prefix: The charge of*"),
    "a refused preparation": (
        "probe.balance.fund('cus_nope', 1)",
        "fake",
        "  not asked  charge-id-prefix: *InvalidRequestError: *",
    ),
    "a refused question": (
        "probe.answer(lambda: probe.balance.fund('cus_nope', 1))",
        "fake",
        "  refuted    charge-id-prefix: The charge of*",
    ),
    "no recording": ("probe.customer()", "replay", "  not asked  charge-id-prefix: *no recording*"),
}


@pytest.mark.parametrize(("body", "mode", "line"), OUTCOMES.values(), ids=OUTCOMES)
def test_only_what_a_probe_finds_is_a_verdict(body, mode, line, project, request):
    """A probe that couldn't ask, for want of money or a recording, has refuted nothing."""
    folder = request.config.rootpath / "tests" / "verified"
    project.file("conftest.py", (folder / "conftest.py").read_text("utf-8"))
    result = project.test(PROBE.format(body), f"--stripe-mode={mode}", "-v")
    result.stdout.fnmatch_lines([line])


def test_a_probe_replays_the_looks_that_it_was_recorded_with(
    project, sending, stripe_server_here, request
):
    """Where reconciling took Stripe a moment, the recording holds as it did against Stripe."""
    folder = request.config.rootpath / "tests" / "verified"
    project.file("conftest.py", (folder / "conftest.py").read_text("utf-8").replace("20, 0.5", "20, 0"))
    project.file(
        "test_it.py",
        """
        def test_zero_balance_key(probe):
            customer = probe.customer()
            probe.balance.fund(customer, 700)
            looked = probe.settled(lambda: probe.balance.available(customer), {"usd": 700})
            assert looked == {"usd": 700}
        """,
    )
    early = iter(range(3))
    lag = b'"available":{"usd":700}', b'"available":null'

    def late(asked, content):
        is_early = asked.path.endswith("/cash_balance") and next(early, None) is not None
        return content.replace(*lag) if is_early else content

    stripe_server_here.change = late
    for mode in ("record", "replay"):
        sending(mode).assert_outcomes(passed=1)
    assert next(early, None) is None


@pytest.mark.parametrize("mode", ["live", "record"])
def test_a_page_that_is_no_json_reaches_the_app_as_without_the_plugin(
    mode, project, sending, stripe_server_here
):
    """The app is told by stripe-python's own error, and the report by a line instead of a traceback."""
    project.file(
        "test_it.py",
        """
        import pytest
        import stripe

        def test_it(stripe_balance):
            with pytest.raises(stripe.APIError, match="Invalid response body"):
                stripe.Customer.retrieve("cus_1")
            assert stripe_balance.requests == []
        """,
    )
    stripe_server_here.change = lambda *_: b"<html><h1>502 Bad Gateway</h1></html>"
    result = sending(mode)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*GET*/v1/customers/cus_1*(an answer that is no JSON object)"])
    result.stdout.no_fnmatch_line("*JSONDecodeError*")


def test_a_page_that_is_no_json_is_recorded_replayed_and_not_compared(
    project, sending, stripe_server_here
):
    """A recording of it answers the same, and the mode check says that it was left out."""
    project.file(
        "test_it.py",
        """
        import pytest
        import stripe

        def test_it(stripe_balance):
            with pytest.raises(stripe.APIError, match="Invalid response body"):
                stripe.Customer.retrieve("cus_1")
        """,
    )
    stripe_server_here.change = lambda *_: b"<html><h1>502 Bad Gateway</h1></html>"
    for mode in ("record", "replay", "check"):
        result = sending(mode)
        result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["*GET /v1/customers/cus_1 is not compared: its answer is no JSON (404)*"]
    )


def test_a_test_that_another_ones_recording_answers_is_told(project, sending):
    """A file that two tests name is the first one's: what the second asks is not sent, and it is said."""
    project.file(
        "conftest.py", "import pytest\n@pytest.fixture\ndef stripe_cassette(): return 'all.yaml'\n"
    )
    project.file(
        "test_it.py",
        """
        import stripe
        def test_first(stripe_balance): stripe.Customer.create(name="A")
        def test_second(stripe_balance): stripe.Customer.create(name="A")
        """,
    )
    result = sending("record")
    result.assert_outcomes(passed=2)
    told = "stripe: test_it.py::test_second was not recorded: *all.yaml answers it, the recording of "
    result.stdout.fnmatch_lines([f"{told}test_it.py::test_first. Let the fixture stripe_cassette name*"])
    assert "was not recorded" not in sending("replay").stdout.str()


def test_a_secret_in_a_tests_name_makes_its_recording_no_others(project, sending):
    """Its id is scrubbed there, and still its own."""
    project.file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.parametrize("mail", ["ada@bank.org"])
        def test_it(stripe_balance, mail): stripe_balance.customer(email=mail)
        """,
    )
    for _ in range(2):
        result = sending("record")
        result.assert_outcomes(passed=1)
        assert "was not recorded" not in result.stdout.str()
