from __future__ import annotations

from pathlib import Path

import pytest
from majors import v1
from stripe._api_version import _ApiVersion

from pytest_stripe_balance import modes, resources
from pytest_stripe_balance.plugin import settings

NEWEST = resources.newest_api_version()
SOURCES = ("marker", "option", "environment", "fixture", "ini")
OPTIONS = {
    "mode": "--stripe-mode",
    "api_version": "--stripe-api-version",
    "seed": "--stripe-seed",
    "search_lag": "--stripe-search-lag",
}
WITHOUT_A_LOOK = """
import pytest

{marker}
def test_it(stripe_balance):
    assert stripe_balance.customer().object == "customer"
"""
SHOWING = """
import pytest

{marker}
def test_it(_stripe_session):
    print("found", _stripe_session.settings.{name})
"""


@pytest.fixture
def set_by(project, monkeypatch):
    """Set a setting from several sources in a project, and give the options to run it with."""

    def set_by(name, values, body=SHOWING):
        marker = ""
        options = []
        for source, value in values.items():
            if source == "marker":
                marker = f"@pytest.mark.stripe_balance({name}={value!r})"
            elif source == "option":
                options = [f"{OPTIONS[name]}={value}"]
            elif source == "environment":
                monkeypatch.setenv(f"PYTEST_STRIPE_{name.upper()}", str(value))
            elif source == "fixture":
                settings = f"return {{{name!r}: {value!r}}}"
                text = f"import pytest\n@pytest.fixture\ndef stripe_settings():\n    {settings}\n"
                project.file("conftest.py", text)
            else:
                project.file("pytest.ini", f"[pytest]\nstripe_{name} = {value}\n")
        project.file("test_it.py", body.format(marker=marker, name=name))
        return options

    return set_by


# The strongest source wins.


@pytest.mark.parametrize("strongest", SOURCES)
def test_the_strongest_source_of_a_seed_wins(strongest, set_by, project):
    """A seed is taken from marker, command line, environment, fixture, ini, in this order."""
    speaking = SOURCES[SOURCES.index(strongest) :]
    options = set_by("seed", {source: f"of-{source}" for source in speaking})
    project.run("-s", *options).stdout.fnmatch_lines([f"*found of-{strongest}"])


@pytest.mark.parametrize("strongest", SOURCES)
def test_the_strongest_source_of_a_lag_wins(strongest, set_by, project):
    """`search_lag` is taken from marker, command line, environment, fixture, ini, in this order."""
    speaking = SOURCES[SOURCES.index(strongest) :]
    options = set_by("search_lag", {source: 10 + SOURCES.index(source) for source in speaking})
    project.run("-s", *options).stdout.fnmatch_lines([f"*found {10 + SOURCES.index(strongest)}"])


SOURCES_OF_NOW = ("marker", "environment", "fixture", "ini")


@pytest.mark.parametrize("strongest", SOURCES_OF_NOW)
def test_the_strongest_source_of_a_beginning_wins(strongest, set_by, project):
    """`now` is taken from marker, environment, fixture, ini, in this order."""
    speaking = SOURCES_OF_NOW[SOURCES_OF_NOW.index(strongest) :]
    options = set_by("now", {source: 1000 + SOURCES.index(source) for source in speaking})
    found = f"*found {1000 + SOURCES.index(strongest)}"
    project.run("-s", *options).stdout.fnmatch_lines([found])


NAMES = {
    "marker": "marker stripe_balance",
    "option": "--stripe-{}",
    "environment": "PYTEST_STRIPE_{}",
    "fixture": "fixture stripe_settings",
    "ini": "ini stripe_{}",
}


def _named(source, name):
    spelled = {"option": name.replace("_", "-"), "environment": name.upper()}
    return NAMES[source].format(spelled.get(source, name))


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [("mode", "live", "fake"), ("api_version", "2020-03-02", NEWEST)],
    ids=["mode", "api_version"],
)
@pytest.mark.parametrize("strongest", SOURCES)
def test_the_strongest_source_is_blamed_for_a_bad_value(strongest, name, bad, good, set_by, project):
    """A mode or a version is taken from the strongest source; its error names that source."""
    weaker = SOURCES[SOURCES.index(strongest) + 1 :]
    options = set_by(name, {strongest: bad, **dict.fromkeys(weaker, good)}, WITHOUT_A_LOOK)
    result = project.run(*options)
    told = result.stdout.str() + result.stderr.str()
    assert result.ret != pytest.ExitCode.OK
    assert f"{_named(strongest, name)}: " in told
    assert bad in told


@pytest.mark.parametrize("name", ["mode", "api_version"])
@pytest.mark.parametrize("strongest", ["option", "environment"])
def test_a_stronger_source_hides_a_weaker_ones_bad_value(strongest, name, set_by, project):
    """A bad value that a stronger source overrules is nobody's fault."""
    good, bad = ("fake", "live") if name == "mode" else (NEWEST, "2020-03-02")
    weaker = SOURCES[SOURCES.index(strongest) + 1 :]
    options = set_by(name, {strongest: good, **dict.fromkeys(weaker, bad)}, WITHOUT_A_LOOK)
    project.run(*options).assert_outcomes(passed=1)


DEFAULTS = {
    "api_version": _ApiVersion.CURRENT,
    "seed": "0",
    "now": "1767225600",
    "contract": "{}",
    "assume": "{}",
    "search_lag": "0",
}


@pytest.mark.parametrize(("name", "value"), DEFAULTS.items(), ids=DEFAULTS)
def test_without_a_source_the_default_holds(name, value, set_by, project):
    """A setting that nobody sets has its documented default."""
    set_by(name, {})
    project.run("-s").stdout.fnmatch_lines([f"*found {value}"])


TABLES = {
    "ini alone": ({}, "ch"),
    "fixture over ini": ({"fixture": {"charge-id-prefix": "py"}}, "py"),
    "environment over ini": ({"environment": "charge-id-prefix=py"}, "py"),
    "environment over fixture": (
        {"environment": "charge-id-prefix=py", "fixture": {"charge-id-prefix": "ch"}},
        "py",
    ),
    "marker over environment and fixture": (
        {
            "marker": {"charge-id-prefix": "ch"},
            "environment": "charge-id-prefix=py",
            "fixture": {"charge-id-prefix": "py"},
        },
        "ch",
    ),
}


@pytest.mark.parametrize(("given", "found"), TABLES.values(), ids=TABLES)
def test_a_reading_is_taken_from_the_strongest_source_that_names_it(given, found, set_by, project):
    """Each reading is its strongest source's; those that only the ini names stay as they are."""
    set_by("assume", given)
    lines = "\n  charge-id-prefix = ch\n  refund-id-prefix=re"
    project.file("pytest.ini", f"[pytest]\nstripe_assume ={lines}\n")
    readings = {"charge-id-prefix": found, "refund-id-prefix": "re"}
    project.run("-s").stdout.fnmatch_lines([f"*found {readings}"])


def test_the_closest_marker_wins(project):
    """Of markers on module, class and function the closest wins, setting by setting."""
    result = project.test("""
        import pytest
        pytestmark = pytest.mark.stripe_balance(seed="module", now=1)

        @pytest.mark.stripe_balance(seed="class", now=2)
        class TestIt:
            @pytest.mark.stripe_balance(seed="function")
            def test_it(self, _stripe_session):
                settings = _stripe_session.settings
                assert (settings.seed, settings.now) == ("function", 2)

        def test_outside(_stripe_session):
            assert (_stripe_session.settings.seed, _stripe_session.settings.now) == ("module", 1)
    """)
    result.assert_outcomes(passed=2)


def test_each_parameter_set_can_have_a_marker(project):
    """A marker on a parameter set configures that test alone."""
    result = project.test("""
        import pytest

        @pytest.mark.parametrize(
            "seed",
            [
                pytest.param("a", marks=pytest.mark.stripe_balance(seed="a")),
                pytest.param("b", marks=pytest.mark.stripe_balance(seed="b")),
                pytest.param("0"),
            ],
        )
        def test_it(_stripe_session, seed):
            assert _stripe_session.settings.seed == seed
    """)
    result.assert_outcomes(passed=3)


# What a setting does.


@pytest.mark.stripe_balance(now=1_000_000)
def test_the_world_begins_when_told(stripe_balance):
    """The first object of a test is created at `now`, and each later one a second after."""
    created = [stripe_balance.customer().created for _ in range(3)]
    assert created == [1_000_000, 1_000_001, 1_000_002]


def test_the_world_begins_with_2026_by_default(stripe_balance):
    """Unless told otherwise a world begins on 2026-01-01 at midnight UTC."""
    assert stripe_balance.customer().created == 1_767_225_600


@pytest.mark.parametrize(
    ("prefix", "reading"),
    [
        pytest.param("py_", "py", id="py"),
        pytest.param(
            "ch_",
            "ch",
            id="ch",
            marks=pytest.mark.stripe_balance(assume={"charge-id-prefix": "ch"}),
        ),
    ],
)
def test_another_reading_of_an_assumption_can_be_chosen(prefix, reading, stripe_balance):
    """A marker's `assume` changes what the fake answers where nobody knows what Stripe does."""
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 100)
    stripe_balance.fund(customer, 100)
    paid = v1(stripe_balance.client).payment_intents.apply_customer_balance(intent.id)
    assert paid.latest_charge.startswith(prefix), reading


# Invalid settings.

WHOLE_RUN = {
    "an unknown mode, option": (["--stripe-mode=fast"], {}, "", "--stripe-mode: unknown mode 'fast'"),
    "an unknown mode, environment": (
        [],
        {"PYTEST_STRIPE_MODE": "fast"},
        "",
        "PYTEST_STRIPE_MODE: unknown mode 'fast'; known: fake, replay, record, live, check",
    ),
    "an unknown mode, ini": ([], {}, "stripe_mode = fast", "ini stripe_mode: unknown mode 'fast'"),
    "an API version that isn't modelled, option": (
        ["--stripe-api-version=2020-03-02"],
        {},
        "",
        "--stripe-api-version: API version 2020-03-02 is not modelled: the oldest modelled version is 2020-08-27",
    ),
    "an API version without its release's name, option": (
        ["--stripe-api-version=2025-02-24"],
        {},
        "",
        "Invalid Stripe API version: 2025-02-24; with its release's name it is '2025-02-24.acacia'",
    ),
    "an API version that isn't modelled, ini": (
        [],
        {},
        "stripe_api_version = latest",
        "ini stripe_api_version: Invalid Stripe API version: latest; `python -m pytest_stripe_balance schemas list`",
    ),
    "a lag of the past, option": (
        ["--stripe-search-lag=-1"],
        {},
        "",
        "--stripe-search-lag: must be a whole number of seconds, up to a day's, not '-1'",
    ),
    "a lag above a day, environment": (
        [],
        {"PYTEST_STRIPE_SEARCH_LAG": "86401"},
        "",
        "PYTEST_STRIPE_SEARCH_LAG: must be a whole number of seconds, up to a day's, not '86401'",
    ),
    "a lag in words, ini": (
        [],
        {},
        "stripe_search_lag = one minute",
        "ini stripe_search_lag: must be a whole number of seconds, up to a day's, not 'one minute'",
    ),
    "a beginning that is no number, environment": (
        [],
        {"PYTEST_STRIPE_NOW": "noon"},
        "",
        "PYTEST_STRIPE_NOW: 'noon' is no moment; give whole seconds since 1970, an ISO text as '2026-01-01T12:00Z'",
    ),
    "a beginning without a time zone, ini": (
        [],
        {},
        "stripe_now = 2027-03-01T12:00",
        "ini stripe_now: '2027-03-01T12:00' has no time zone; write '2027-03-01T12:00Z' for UTC",
    ),
    "a beginning that is a date too far, environment": (
        [],
        {"PYTEST_STRIPE_NOW": "1969-12-31"},
        "",
        "PYTEST_STRIPE_NOW: 1969-12-31 isn't between 1970 and the year 9999",
    ),
    "a finding that there isn't": (
        [],
        {},
        "stripe_contract = wrong=error",
        "ini stripe_contract: unknown key 'wrong'; known: breaking, enum, vanished, additive",
    ),
    "a level that there isn't": (
        [],
        {},
        "stripe_contract = breaking=loud",
        "ini stripe_contract: unknown value breaking='loud'; known: error, warning, information",
    ),
    "a line without a value": (
        [],
        {},
        "stripe_contract = breaking",
        "ini stripe_contract: 'breaking' is not of the form key=value",
    ),
    "an assumption that there isn't": (
        [],
        {},
        "stripe_assume = luck=good",
        "ini stripe_assume: no assumption 'luck'",
    ),
    "a reading that there isn't": (
        [],
        {},
        "stripe_assume = charge-id-prefix=xx",
        "ini stripe_assume: assumption 'charge-id-prefix' has no reading 'xx'; it has py, ch",
    ),
    "an assumption that there isn't, environment": (
        [],
        {"PYTEST_STRIPE_ASSUME": "luck=good"},
        "",
        "PYTEST_STRIPE_ASSUME: no assumption 'luck'",
    ),
    "a level without a kind, environment": (
        [],
        {"PYTEST_STRIPE_CONTRACT": "breaking=error,loud"},
        "",
        "PYTEST_STRIPE_CONTRACT: 'loud' is not of the form key=value",
    ),
    "a format that there isn't, option": (
        ["--stripe-cassette-format=xml"],
        {},
        "",
        "--stripe-cassette-format: unknown value 'xml'; known: yaml, json",
    ),
    "a summary that there isn't, environment": (
        [],
        {"PYTEST_STRIPE_ASSUMPTIONS": "loud"},
        "",
        "PYTEST_STRIPE_ASSUMPTIONS: unknown value 'loud'; known: line, list, none",
    ),
    "a summary that there isn't, ini": (
        [],
        {},
        "stripe_assumptions = loud",
        "ini stripe_assumptions: unknown value 'loud'; known: line, list, none",
    ),
}


@pytest.mark.parametrize(("options", "env", "ini", "line"), WHOLE_RUN.values(), ids=WHOLE_RUN)
def test_a_bad_setting_of_the_run_stops_it_with_one_line(options, env, ini, line, project, monkeypatch):
    """A setting of the whole run that is invalid is a usage error that names its source."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    project.file("pytest.ini", f"[pytest]\n{ini}\n")
    result = project.test("def test_it(): pass", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    told = [told for told in result.errlines if told.startswith("ERROR: ")]
    assert [line in one for one in told] == [True]
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


def test_a_summary_that_there_is_not_is_a_usage_error(project):
    """`--stripe-assumptions` takes its three words only."""
    result = project.test("def test_it(): pass", "--stripe-assumptions=loud")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*argument --stripe-assumptions: invalid choice: 'loud'*"])


SENDING = [mode.name for mode in modes.MODES.values() if mode.sends]
KEYS = [
    (None, "is not set"),
    ("sk_live_1", "is a live key"),
    ("pk_test_1", "begin with sk_test_ or rk_test_"),
]
KEYS.append(("sk_test_1\n", "contains an invalid character (a line break?)"))
KEYS += [
    (key, "is a placeholder; copy a key")
    for key in ("sk_test_...", "rk_test_51H…", "sk_test_***", "sk_test_51...bc")
]


@pytest.mark.parametrize("mode", SENDING)
@pytest.mark.parametrize(("key", "why"), KEYS, ids=[why for _, why in KEYS])
def test_a_mode_that_sends_needs_a_test_key(mode, key, why, project, monkeypatch):
    """Without one in STRIPE_API_KEY nothing runs, and the one line doesn't repeat the key."""
    if key:
        monkeypatch.setenv("STRIPE_API_KEY", key)
    result = project.test("def test_it(): raise SystemExit", f"--stripe-mode={mode}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (told,) = [line for line in result.errlines if line.startswith("ERROR: ")]
    assert told.startswith(f"ERROR: --stripe-mode: the mode '{mode}' needs a test key in")
    assert told.endswith(why) or why in told
    assert not key or key not in told


def test_a_password_in_a_base_url_is_not_shown(project, monkeypatch):
    """The line says what is wrong without it."""
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_1")
    url = "http://jane:secret1@127.0.0.1:9"
    result = project.test(
        "def test_it(): raise SystemExit", "--stripe-mode=live", f"--stripe-base-url={url}"
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--stripe-base-url: a URL with an @ is not a server's URL" in result.stderr.str()
    assert "secret1" not in result.stderr.str() + result.stdout.str()


URLS = ["127.0.0.1:8420", "ftp://localhost", "http://", "http://localhost/v1", "http://localhost?a=b"]


@pytest.mark.parametrize("url", URLS)
def test_a_base_url_is_that_of_a_server(url, project, monkeypatch):
    """What is no server's URL is a usage error that shows one."""
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_1")
    result = project.test("def test_it(): pass", "--stripe-mode=live", f"--stripe-base-url={url}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"--stripe-base-url: '{url}' is not a server's URL, like http://" in result.stderr.str()


def test_a_way_to_record_that_there_is_not_is_a_usage_error(project):
    """`--stripe-record` names what there is."""
    result = project.test("def test_it(): pass", "--stripe-record=twice")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert (
        "--stripe-record: unknown value 'twice'; known: once, rewrite, new, all" in result.stderr.str()
    )


ONE_TEST = {
    "a lag that is no number": (
        "search_lag='long'",
        "marker stripe_balance: must be a whole number of seconds, up to a day's, not 'long'",
    ),
    "an unknown keyword": (
        "colour='blue'",
        "marker stripe_balance: unknown setting 'colour'; known: mode,",
    ),
    "a positional argument": ("'fake'", "marker stripe_balance takes only keywords: mode,"),
    "an unknown mode": ("mode='fast'", "marker stripe_balance: unknown mode 'fast'"),
    "a mode that sends, without a key": (
        "mode='live'",
        "marker stripe_balance: the mode 'live' needs a test key in STRIPE_API_KEY: it is not",
    ),
    "a version that isn't modelled": (
        "api_version='2024-06-21'",
        "marker stripe_balance: Invalid Stripe API version: 2024-06-21",
    ),
    "a beginning that is no number": (
        "now='noon'",
        "marker stripe_balance: 'noon' is no moment; give whole seconds since 1970",
    ),
    "a beginning that is a datetime": (
        "now=__import__('datetime').datetime(2026, 1, 2)",
        "marker stripe_balance: '2026-01-02 00:00:00' has no time zone; write '2026-01-02 00:00:00Z' for UTC",
    ),
    "a beginning that no calendar holds": (
        "now=10**18",
        "marker stripe_balance: 1000000000000000000 isn't between 1970 and the year 9999",
    ),
    "readings that are no dict": (
        "assume='charge-id-prefix=ch'",
        "marker stripe_balance: assume= must be a dict",
    ),
    "an assumption that there isn't": (
        "assume={'luck': 'good'}",
        "marker stripe_balance: no assumption 'luck'",
    ),
    "levels that are no dict": ("contract='error'", "marker stripe_balance: contract= must be a dict"),
    "a level that there isn't": (
        "contract={'breaking': 'loud'}",
        "marker stripe_balance: unknown value breaking='loud'; known: error, warning, information",
    ),
}


@pytest.mark.parametrize(("arguments", "line"), ONE_TEST.values(), ids=ONE_TEST)
def test_a_bad_marker_is_an_error_of_its_test_that_names_the_marker(arguments, line, project):
    """An invalid marker is an error of its test, which names the marker; others run."""
    result = project.test(f"""
        import pytest

        @pytest.mark.stripe_balance({arguments})
        def test_it(stripe_balance):
            raise AssertionError("ran")

        def test_other(stripe_balance):
            pass
    """)
    result.assert_outcomes(passed=1, errors=1)
    assert line in result.stdout.str()
    assert "Traceback" not in result.stdout.str()
    assert "plugin/__init__.py" not in result.stdout.str()


def test_a_bad_marker_is_no_expected_failure(project):
    """A slip in a setting fails a test that is marked to fail, too."""
    result = project.test("""
        import pytest

        @pytest.mark.xfail
        @pytest.mark.stripe_balance(assmue={})
        def test_it(stripe_balance):
            raise AssertionError("ran")
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["marker stripe_balance: unknown setting 'assmue'; known: *"])


def test_a_bad_settings_fixture_is_named(project):
    """A keyword that `stripe_settings` returns and nobody knows is blamed on that fixture."""
    result = project.test("""
        import pytest

        @pytest.fixture
        def stripe_settings():
            return {"colour": "blue"}

        def test_it(stripe_balance):
            raise AssertionError("ran")
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["fixture stripe_settings: unknown setting 'colour'; known: *"])


def test_a_variable_that_is_no_setting_is_refused(project, monkeypatch):
    """A slip in its name would leave the setting as it was, and tell nobody."""
    monkeypatch.setenv("PYTEST_STRIPE_SEEED", "1")
    result = project.test("def test_it(): pass")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    told = "ERROR: unknown setting PYTEST_STRIPE_SEEED; known: PYTEST_STRIPE_MODE, *PYTEST_STRIPE_SEED*"
    result.stderr.fnmatch_lines([told])


def test_the_marker_is_registered(project):
    """The marker is known to `--strict-markers`."""
    result = project.test(
        """
        import pytest

        @pytest.mark.stripe_balance(seed="1")
        def test_it():
            pass
        """,
        "--strict-markers",
    )
    result.assert_outcomes(passed=1)


def test_inis_are_registered(project):
    """Every ini setting is known to `--strict-config`."""
    names = (*DEFAULTS, "mode", "assumptions", "cassette_dir")
    lines = "".join(f"stripe_{name} =\n" for name in names)
    project.file("pytest.ini", f"[pytest]\n{lines}")
    project.test("def test_it(stripe_balance): pass", "--strict-config").assert_outcomes(passed=1)


def test_the_environment_counts_for_the_test_that_has_it(project):
    """What a fixture sets there holds for its own test, and for no other."""
    project.file(
        "test_it.py",
        """
        import pytest
        @pytest.fixture
        def old(monkeypatch):
            monkeypatch.setenv("PYTEST_STRIPE_NOW", "1000000000")
        def test_one(old, stripe_clock):
            assert stripe_clock.now == 1000000000
        def test_two(stripe_clock):
            assert stripe_clock.now == 1767225600
        def test_three(old, stripe_clock):
            assert stripe_clock.now == 1000000000
        """,
    )
    project.run("-p", "no:randomly").assert_outcomes(passed=3)


OVERRIDES = {
    "settings": (
        "stripe_settings",
        "fake",
        "fixture stripe_settings: None is not a dict like*",
    ),
    "a cassette": (
        "stripe_cassette",
        "replay",
        "fixture stripe_cassette: None is not a path; return a str*",
    ),
}


@pytest.mark.parametrize(("name", "mode", "told"), OVERRIDES.values(), ids=OVERRIDES)
def test_an_override_that_forgets_to_return_is_one_line(name, mode, told, project):
    """It names the fixture and what is due, and shows nothing of the plugin's inside."""
    result = project.test(
        f"""
        import pytest

        @pytest.fixture
        def {name}():
            pass

        def test_it(stripe_balance):
            pass
        """,
        f"--stripe-mode={mode}",
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([told])
    assert "Traceback" not in result.stdout.str()


def test_each_setting_is_on_the_page():
    """A new setting is a row of docs/settings.md too, with its names."""
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")
    rows = "".join(line for line in page.splitlines() if line.startswith("|"))
    assert [name for name in settings.NAMES if f"`{name}=" not in rows] == []
    assert [
        name for name in (*settings.NAMES, *settings._OF_A_RUN) if f"`stripe_{name}`" not in rows
    ] == []


def test_the_help_of_now_tells_every_form_that_it_takes(project):
    """The help says that `stripe_now` takes ISO texts, dates, seconds and `system`."""
    words = " ".join(project.run("--help").stdout.str().split())
    assert "when a test's world begins: an ISO text, a date, seconds since 1970, or system" in words
