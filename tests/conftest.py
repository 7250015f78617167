"""What the suites share: a project for pytest to run, and a server that counts what reaches it."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import threading
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from textwrap import dedent
from typing import TYPE_CHECKING

import aiohttp  # noqa: F401 - as below
import hypothesis
import pytest
import stripe
from stripe._api_version import _ApiVersion

import pytest_stripe_balance
from pytest_stripe_balance.api.message import Exchange, Headers, Request
from pytest_stripe_balance.engine.state.table import Table
from pytest_stripe_balance.resources import newest_api_version
from pytest_stripe_balance.session import Fake, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# Loaded once: a run inside this process forgets what it is the first to load, and other modules have
# its classes still. The standard library, too, loads its processes late and keeps their classes,
# which pickle looks for where they were.
for _module in pkgutil.walk_packages(pytest_stripe_balance.__path__, "pytest_stripe_balance."):
    if ".demo" not in _module.name and not _module.name.endswith(".__main__"):
        importlib.import_module(_module.name)
for _name in ("concurrent.futures.process", "multiprocessing.managers", "multiprocessing.synchronize"):
    importlib.import_module(_name)

# A busy machine is no fault of a test's.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")

# What takes seconds: the workload, releases, benchmarks, real data, derivations, runs in processes of
# their own, on two workers or against a server. `pytest -m "not slow"` is the rest. A file stands here
# where most of its tests take long; the tests below are the cost of a file that is quick without them.
SLOW_FILES = {
    "api": ("cost", "fuzz", "real_errors"),
    "cassettes": ("bundled", "foreign_server", "writer", "replay_speed"),
    "contract": ("derive", "derive_committed", "derive_real"),
    "engine": ("outages", "workload"),
    "plugin": (
        *(
            "app_version",
            "beside_others",
            "fake_stripe",
            "faked_files",
            "guard",
            "hypothesis",
            "isolation",
            "key_in_reports",
            "modes",
        ),
        *("no_file", "wider_worlds"),
        *(
            "names",
            "nothing_is_paid",
            "paid_once",
            "processes",
            "refusals",
            "report",
            "sdk_as_installed",
        ),
        *("settings", "summary"),
    ),
    "commands": ("cli", "cli_edges", "derive", "schemas"),
    "tests": ("benchmarks", "docs", "release"),
    "verified": ("complete",),
    "webhooks": ("cost", "hanging", "shops"),
}
SLOW_TESTS = {
    "api/every_row": ("every_documented_field_expands_or_is_refused_by_name",),
    "api/expand": (
        "no_field_that_the_types_call_expandable_is_a_400",
        "a_path_that_stripe_was_seen_to_answer_is_answered",
    ),
    "api/form": ("decoding_undoes_the_sdks_encoding",),
    "api/compiled_form": ("both_ways_read_the_same",),
    "api/search": (
        "a_query_finds_what_a_filter_by_hand_finds",
        "auto_paging_finds_everything_once",
    ),
    "api/shapes": (
        "no_state_is_odd_at_any_version",
        "what_never_varies_has_its_value",
    ),
    "api/texts": ("every_limit_holds_to_the_character",),
    "api/versions": ("what_the_fake_returns_fits_the_schema_of_its_version",),
    "comparison/drift": (
        "independent_requests_come_in_any_order",
        "a_planted_change_is_found_wherever_it_is",
        "no_real_recording_drifted_from_itself",
        "from_2021_to_2025_what_stripe_answers_only_grew",
        "from_2019_to_2021_four_keys_came_to_stripes_answers",
        "a_request_is_held_against_few_others_however_many_there_are",
    ),
    "cassettes/replay": (
        "a_real_cassette_written_anew_answers_as_the_real_one_did",
        "the_index_finds_what_looking_at_every_entry_would_find",
        "every_real_cassette_answers_its_own_requests_in_order",
    ),
    "cassettes/scrub": (
        "no_secret_survives_in_the_file",
        "the_last_look_finds_a_secret_in_every_dress",
        "a_coded_key_that_something_cut_stops_the_write",
    ),
    "cassettes/scrub_edges": (
        "the_runs_own_key_goes_where_something_cuts_it",
        "an_iban_goes_however_it_is_written",
        "an_address_goes_however_it_is_written",
    ),
    "cassettes/interactions": ("every_interaction_of_a_real_cassette_is_read",),
    "contract/calendar": ("a_key_of_the_calendar_is_known_at_every_version",),
    "engine/clock": ("what_was_written_on_the_way_is_seen",),
    "engine/subset_sum": ("a_group_is_found_whatever_it_is_made_of",),
    "engine/invoice_refusals": ("a_refusal_is_what_the_table_says_and_changes_nothing",),
    "engine/reconciliation": (
        "the_search_finds_what_trying_everything_finds",
        "two_hundred_items_without_a_group_are_searched_in_time",
        "fifty_items_without_a_group_are_searched_in_time",
        "equal_amounts_are_searched_in_time",
        "a_single_or_a_pair_among_a_thousand_costs_nothing",
        "a_search_beyond_its_bound_is_refused_and_not_guessed",
    ),
    "plugin/fixtures": (
        "the_designs_example_passes",
        "a_conftests_own_fixture_leaves_the_other_working",
    ),
    "commands/check": (
        "no_real_cassette_breaks_the_contract_of_its_own_version",
        "the_process_ends_with_the_code",
        "a_file_above_the_limit_is_not_read",
        "json_is_checked_without_what_only_cassettes_and_findings_need",
    ),
    "commands/drift": (
        "conform_says_once_that_live_mode_is_not_compared",
        "every_real_cassette_loads_is_itself_and_is_told_honestly",
        "what_stripe_itself_answered_confirms_and_refutes_assumptions",
    ),
    "session/copies": (
        "a_copy_is_quick",
        "a_history_in_copies_is_as_good_as_one_and_leaves_no_trace_outside",
        "the_outer_world_and_a_copy_go_on_apart",
    ),
    "tests/register": ("each_entry_is_used_by_the_code",),
    "transport/intercept": (
        "no_telemetry_id_is_read",
        "no_telemetry_id_is_written",
    ),
    "transport/own_clients_apart": (
        "a_library_that_its_code_imports_late_is_caught_and_none_is_imported_for_it",
    ),
    "transport/intercept_again": (
        "a_class_that_nobody_holds_any_more_is_let_go",
        "a_method_that_was_replaced_before_the_plugin_looked_is_not_taken_for_stripes",
    ),
}


# The rooms whose tests may see a difference between one stripe-python and another.
SDK_ROOMS = ("cassettes", "plugin", "transport", "verified")


def pytest_collection_modifyitems(items):
    """Mark what is slow, by its file or its name, and what depends on the installed stripe-python."""
    for item in items:
        folder, file = item.path.parent.name, item.path.stem.removeprefix("test_")
        if folder in SDK_ROOMS or (folder, file) == ("tests", "docs"):
            item.add_marker(pytest.mark.sdk)
        names = SLOW_TESTS.get(f"{folder}/{file}", ())
        if file in SLOW_FILES.get(folder, ()) or item.originalname.removeprefix("test_") in names:
            item.add_marker(pytest.mark.slow)


def pytest_addoption(parser):
    parser.addoption(
        "--workload-steps",
        type=int,
        default=2_400,
        help="how many random calls tests/engine/test_workload.py makes at least",
    )


SENT = {"id": "cus_sent", "object": "customer"}


@dataclass(frozen=True)
class Seen:
    """One request that reached the server."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


@dataclass
class Server:
    """A real HTTP server on this machine; `seen` is what came over the wire."""

    url: str
    seen: list[Seen] = field(default_factory=list)
    answer: bytes = json.dumps(SENT).encode()


@pytest.fixture
def server():
    """Serve on a free port of 127.0.0.1 and keep what comes in."""
    with _serving() as serving:
        yield serving


@pytest.fixture
def collector():
    """Serve once more: whom a team's own code sends its metrics to."""
    with _serving() as serving:
        yield serving


@contextmanager
def _serving() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode("utf-8", "replace")
            served.seen.append(Seen(self.command, self.path, dict(self.headers), body))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(served.answer)))
            self.send_header("Request-Id", "req_sent")
            self.end_headers()
            self.wfile.write(served.answer)

        do_POST = do_DELETE = do_GET  # noqa: N815 - http.server's own names

        def log_message(self, *_):
            pass

    class Listening(ThreadingHTTPServer):
        request_queue_size = 64  # with the default of 5, many at once wait for a second try

    with Listening(("127.0.0.1", 0), Handler) as listening:
        served = Server(f"http://127.0.0.1:{listening.server_port}")
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield served
        finally:
            listening.shutdown()
            thread.join()


@pytest.fixture
def at_newest_version(monkeypatch):
    """Let an older stripe-python ask at the newest API version, as the installed newest one does."""
    monkeypatch.setattr(_ApiVersion, "CURRENT", newest_api_version())
    monkeypatch.setattr(stripe, "api_version", newest_api_version())


@dataclass
class Project:
    """A downstream project in an empty folder, with our plugin and those it asks for, and no others."""

    pytester: pytest.Pytester

    def file(self, name: str, text: str) -> None:
        """Write a file of the project."""
        path = self.pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")

    def run(self, *arguments: str, plugins: tuple[str, ...] = (), ours: bool = True):
        """Run the project's tests in this process, without the outer run's warning filters."""
        with warnings.catch_warnings():
            warnings.resetwarnings()
            return self.pytester.runpytest_inprocess(*self._all(arguments, plugins, ours=ours))

    def run_apart(self, *arguments: str, plugins: tuple[str, ...] = (), ours: bool = True):
        """Run the project's tests in a process of their own."""
        return self.pytester.runpytest_subprocess(*self._all(arguments, plugins, ours=ours))

    def test(self, text: str, *arguments: str, plugins: tuple[str, ...] = ()):
        """Write the project's one test file and run it in this process."""
        self.file("test_it.py", text)
        return self.run(*arguments, plugins=plugins)

    def _all(self, arguments: tuple[str, ...], plugins: tuple[str, ...], *, ours: bool) -> list[str]:
        loaded = (*(("stripe_balance",) if ours else ()), *plugins)
        return [*(f"-p{name}" for name in loaded), "-pno:cacheprovider", *arguments]


@pytest.fixture
def project(pytester, monkeypatch):
    """A project of its own: no plugins but ours, no settings of the outer run, no API key."""
    for name in os.environ:
        if name.startswith(("PYTEST_", "STRIPE_")) and name != "PYTEST_CURRENT_TEST":
            monkeypatch.delenv(name)
    for name in ("CI", "BUILD_NUMBER"):  # by these pytest prints a failure whole in its summary too
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in ("api_base", "api_version", "max_network_retries"):  # which a project may set for good
        monkeypatch.setattr(stripe, name, getattr(stripe, name))
    monkeypatch.setattr(stripe, "api_key", None)
    monkeypatch.setattr(stripe, "default_http_client", None)
    return Project(pytester)


@pytest.fixture
def everything_in():
    """Give what lists all that a world remembers, table by table."""
    return _everything_in


def _everything_in(world):
    """List all that a world remembers, by the name of its table."""
    tables = {name: list(table) for name, table in vars(world).items() if isinstance(table, Table)}
    ledger = world.ledger
    rows = [row for customer in ledger.customers() for row in ledger.rows(customer)]
    return {
        **tables,
        "ledger": rows,
        "deliveries": list(world.deliveries),
        "now": [world.clock.now],
    }


API = "https://api.stripe.com"
VERSION = "2026-10-28.endive"
TRANSFER = (
    "&payment_method_data[type]=customer_balance"
    "&payment_method_options[customer_balance][funding_type]=bank_transfer"
    "&payment_method_options[customer_balance][bank_transfer][type]=us_bank_transfer"
)


class Recorder:
    """Asks the fake, and keeps what came, thread by thread."""

    def __init__(self, seed="0", version=VERSION):
        self.session = Fake(Settings(version, seed=seed, name="recorded"))
        self.threads, self.exchanges = {}, []
        self.version = version

    def ask(self, thread, method, path, body=""):
        headers = {"Authorization": "Bearer sk_test_x", "Stripe-Version": self.version}
        request = Request(method, API + path, Headers(headers), body)
        exchange = Exchange(request, self.session.answer(request))
        self.exchanges.append(exchange)
        self.threads.setdefault(thread, []).append(exchange)
        return exchange.response.json

    def pay(self, thread, amount, funded):
        """One customer's story: an intent, a transfer, an apply, and what can be read after."""
        ask = self.ask
        body = "cash_balance[settings][reconciliation_mode]=manual"
        customer = ask(thread, "POST", "/v1/customers", body)["id"]
        body = f"amount={amount}&currency=usd&customer={customer}&confirm=true{TRANSFER}"
        intent = ask(thread, "POST", "/v1/payment_intents", body)["id"]
        fund = f"/v1/test_helpers/customers/{customer}/fund_cash_balance"
        ask(thread, "POST", fund, f"amount={funded}&currency=usd")
        ask(thread, "POST", f"/v1/payment_intents/{intent}/apply_customer_balance")
        ask(thread, "GET", f"/v1/payment_intents/{intent}?expand[]=customer")
        ask(thread, "GET", f"/v1/customers/{customer}/cash_balance_transactions")
        ask(thread, "GET", f"/v1/payment_intents/{intent}?expand[]=customer")
        ask(thread, "GET", f"/v1/customers/{customer}/cash_balance")
        ask(thread, "POST", f"/v1/payment_intents/{intent}/cancel")


@pytest.fixture(scope="session")
def recorder():
    """A recorder on which three stories were told; two of them are the same."""
    made = Recorder()
    for thread, (amount, funded) in enumerate([(1000, 1000), (1000, 1000), (1000, 400)]):
        made.pay(thread, amount, funded)
    return made


@pytest.fixture
def new_recorder():
    """The recorder's class, for a recording of one's own."""
    return Recorder
