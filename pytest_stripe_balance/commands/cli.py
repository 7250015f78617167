"""The command line of `python -m pytest_stripe_balance`: options, and what runs for each command."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_stripe_balance import input_files
from pytest_stripe_balance.commands import terminal
from pytest_stripe_balance.commands.calls import print_calls
from pytest_stripe_balance.commands.derive import derive_schemas
from pytest_stripe_balance.contract.findings import KINDS, LEVELS
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.report.exit_codes import BAD_INPUT, FINDINGS, INTERRUPTED, OK, READER_GONE

if TYPE_CHECKING:
    from pytest_stripe_balance.report.outcome import Outcome

_EXIT_CODES = (
    "Exit codes: 0 without a finding at level error, 1 with one, 2 if an input can't be read or "
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and give its exit code: see `report.exit_codes`."""
    name = "pytest_stripe_balance"
    try:
        terminal.refuse_closed()
        options = _options(arguments)
        name = f"{name} {options.command}"
        code: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        terminal.complain(f"{name}: interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # the reader has seen enough, as with `| head`
        return READER_GONE
    except (Refused, OSError, ValueError) as error:
        terminal.complain(f"{name}: {error}")
        return BAD_INPUT
    finally:
        terminal.fall_silent()
    return code


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    try:
        return _parser().parse_args(arguments)
    finally:  # --help ends the command here
        sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pytest_stripe_balance")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_check(
        commands.add_parser("check", help="check JSON and cassettes against Stripe's documented shapes")
    )
    _add_drift(commands.add_parser("drift", help="show what changed between two recordings"))
    _add_conform(commands.add_parser("conform", help="compare the fake's answers with recorded ones"))
    _add_schemas(
        commands.add_parser("schemas", help="list, show and compare the schemas of API versions")
    )
    _add_calls(commands.add_parser("calls", help="list the calls that the fake answers, or an app's"))
    demo = commands.add_parser("demo", help="run the tests of a small example project")
    demo.set_defaults(run=_demo)
    _add_events(commands.add_parser("events", help="write a scenario's events, signed for a webhook"))
    assumptions = commands.add_parser("assumptions", help="list what the fake assumes about Stripe")
    assumptions.add_argument("ids", nargs="*", metavar="ID", help="list only these")
    assumptions.set_defaults(run=_assumptions)
    derive = commands.add_parser("derive", help="derive schemas/ and docs/calls.md from stripe-python")
    about = "every release in schemas/releases.json, from its own stripe-python, which pip downloads"
    derive.add_argument("--all", action="store_true", help=about)
    derive.add_argument("--sdk", type=Path, help="an unpacked stripe package, instead of the installed")
    derive.add_argument("--into", type=Path, help="the folder to write to, instead of schemas/")
    derive.set_defaults(run=derive_schemas)
    return parser


def _add_calls(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Lists the calls that the fake answers. With --in it finds an app's calls of stripe-python, by "
        "the names of the installed release, and says which are modelled. Nothing of the app is "
        "imported. Exit codes: 0 if all that it finds is modelled, 1 if not, 2 if there is no call."
    )
    about = "the app's files or folders, such as src/"
    parser.add_argument("--in", nargs="+", dest="paths", metavar="PATH", default=[], help=about)
    about = "how to print an app's calls (default: %(default)s)"
    parser.add_argument("--format", choices=("text", "json"), default="text", help=about)
    parser.set_defaults(run=print_calls)


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Checks Stripe's JSON against the schemas of its API version. "
        + _EXIT_CODES
        + "nothing was checked."
    )
    about = "JSON, JSON lines, cassettes, a pattern such as 'tests/**/*.yaml', or - for standard input"
    parser.add_argument("files", nargs="*", metavar="FILE", help=about)
    about = "the kind of every document outside cassettes, whatever its `object` key says"
    parser.add_argument("--object", metavar="NAME", help=about)
    about = "the API version of documents that name none (default: the newest)"
    parser.add_argument("--api-version", metavar="V", help=about)
    about = "exit with 0 even if nothing was checked"
    parser.add_argument("--allow-empty", action="store_true", help=about)
    _add_common(parser)
    parser.set_defaults(run=_check)


def _add_common(parser: argparse.ArgumentParser) -> None:
    about = "how to print the result (default: %(default)s)"
    parser.add_argument("--format", choices=("text", "json", "github"), default="text", help=about)
    about = f"the level of a kind of finding; kinds: {', '.join(KINDS)}; levels: {', '.join(LEVELS)}"
    parser.add_argument("--level", action="append", default=[], metavar="KIND=LEVEL", help=about)
    about = "refuse files that are bigger (default: %(default)s)"
    parser.add_argument("--max-mb", default=str(input_files.LARGEST), metavar="MB", help=about)


def _megabytes(options: argparse.Namespace) -> float:
    try:
        size = float(options.max_mb)
    except ValueError:
        size = 0
    if not 0 < size * input_files.MEGABYTE < sys.maxsize:  # false for nan, too
        raise ValueError(f"--max-mb {options.max_mb!r} must be a number of megabytes above 0")
    return size


def _check(options: argparse.Namespace) -> int:
    from pytest_stripe_balance.commands import check  # noqa: PLC0415 - only this command needs it

    if not (options.files or options.allow_empty):
        raise ValueError("no file is named (--allow-empty allows that)")

    question = check.CheckQuestion(
        options.files,
        options.object,
        options.api_version,
        options.level,
        _megabytes(options),
        options.allow_empty,
    )
    return _print(check.check(question), options)


def _print(outcome: Outcome, options: argparse.Namespace, text: str | None = None) -> int:
    from pytest_stripe_balance.report import formats  # noqa: PLC0415 - as above

    terminal.say(formats.FORMATS[options.format](outcome) if text is None else text)
    if options.format == "text":
        for problem in outcome.problems:
            terminal.complain(f"pytest_stripe_balance {options.command}: {problem}")
    if nothing := outcome.nothing_more if options.format == "text" else outcome.nothing:
        terminal.complain(f"pytest_stripe_balance {options.command}: {nothing}")
    return outcome.exit_code


def _add_drift(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Compares statuses, error codes, keys, types, nulls, enums and headers, but no plain values. "
        + _EXIT_CODES
        + "nothing was compared."
    )
    parser.add_argument("old", metavar="OLD", help="a cassette, or a folder of cassettes")
    parser.add_argument("new", metavar="NEW", help="a later recording of the same requests")
    about = "warn about recordings that are older"
    parser.add_argument("--max-age", type=float, metavar="DAYS", help=about)
    _add_common(parser)
    parser.set_defaults(run=_drift)


def _drift(options: argparse.Namespace) -> int:
    from pytest_stripe_balance.commands import drift  # noqa: PLC0415 - only this command needs it

    question = drift.DriftQuestion(
        options.old, options.new, options.level, options.max_age, _megabytes(options)
    )
    return _print(drift.drift(question, int(time.time())), options)


def _add_conform(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Sends recorded requests to the fake, compares the answers, and lists the assumptions about "
        "Stripe that the recording confirms or may refute. "
        + _EXIT_CODES
        + "there is no recorded answer."
    )
    parser.add_argument(
        "files", nargs="+", metavar="CASSETTE", help="a cassette, or a pattern such as 'tests/**/*.yaml'"
    )
    about = (
        "the API version of requests that name none "
        "(default: the first that the recording names, else the newest)"
    )
    parser.add_argument("--api-version", metavar="V", help=about)
    about = "choose another reading of an assumption"
    parser.add_argument("--assume", action="append", default=[], metavar="ID=READING", help=about)
    _add_common(parser)
    parser.set_defaults(run=_conform)


def _conform(options: argparse.Namespace) -> int:
    from pytest_stripe_balance.commands import conform  # noqa: PLC0415 - as above
    from pytest_stripe_balance.report import conform_result  # noqa: PLC0415

    question = conform.ConformQuestion(
        options.files, options.level, options.assume, options.api_version, _megabytes(options)
    )
    result = conform.conform(question)
    return _print(result.outcome, options, conform_result.FORMATS[options.format](result))


def _add_schemas(parser: argparse.ArgumentParser) -> None:
    views = parser.add_subparsers(dest="view", required=True)
    listed = views.add_parser("list", help="list the API releases that have schemas")
    listed.add_argument(
        "--api-version", metavar="V", help="list the objects that have a schema at this version instead"
    )
    listed.set_defaults(run=_schemas_list)
    shown = views.add_parser("show", help="show an object's JSON Schema")
    shown.add_argument("object", metavar="OBJECT", help="its name, such as charge")
    shown.add_argument("--api-version", metavar="V", help="default: the newest")
    shown.set_defaults(run=_schemas_show)
    compared = views.add_parser("diff", help="show what changed between two API versions")
    compared.add_argument("old", metavar="V1", help="the older API version")
    compared.add_argument("new", metavar="V2", help="the newer one")
    compared.add_argument(
        "object", metavar="OBJECT", nargs="?", help="only this object and its requests"
    )
    about = "how to print the result (default: %(default)s)"
    compared.add_argument("--format", choices=("text", "json"), default="text", help=about)
    compared.set_defaults(run=_schemas_diff)


def _schemas_list(options: argparse.Namespace) -> int:
    from pytest_stripe_balance.commands import schemas  # noqa: PLC0415 - only these commands need it

    version = options.api_version
    terminal.say("\n".join(schemas.objects(version)) if version else schemas.releases())
    return OK


def _schemas_show(options: argparse.Namespace) -> int:
    from pytest_stripe_balance.commands import schemas  # noqa: PLC0415 - as above

    terminal.say(json.dumps(schemas.schema(options.object, options.api_version), indent=1))
    return OK


def _schemas_diff(options: argparse.Namespace) -> int:
    from pytest_stripe_balance.commands import schemas  # noqa: PLC0415 - as above

    terminal.say(schemas.compared(options.old, options.new, options.object, options.format))
    return OK


def _add_events(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Writes the events that a webhook endpoint would get in a scenario, for suites in any language. "
        "A signature is over a file's bytes as they are."
    )
    parser.add_argument("scenario", nargs="?", metavar="SCENARIO", help="without it all are listed")
    about = "write a .json file for each event, and a .sig file with its Stripe-Signature header; "
    about += "the folder must be new or empty, or of an earlier call (default: print JSON lines)"
    parser.add_argument("--out", metavar="DIR", help=about)
    parser.add_argument("--secret", metavar="whsec_...", help="sign with an endpoint's secret")
    about = "sign as at this moment, as 2026-01-01T12:00Z (default: now); SDKs refuse signatures older "
    about += "than 300 seconds"
    parser.add_argument("--at", metavar="MOMENT", help=about)
    parser.add_argument("--api-version", metavar="V", help="the endpoint's (default: the newest)")
    parser.set_defaults(run=_events)


def _events(options: argparse.Namespace) -> int:
    from pytest_stripe_balance.commands import events  # noqa: PLC0415 - only this command needs it

    question = events.EventsQuestion(
        options.scenario, options.out, options.secret, options.at, options.api_version
    )
    terminal.say(events.events(question))
    return OK


def _demo(_: argparse.Namespace) -> int:
    from pytest_stripe_balance.commands import demo as demonstration  # noqa: PLC0415 - as above

    return OK if demonstration.run() else FINDINGS


def _assumptions(options: argparse.Namespace) -> int:
    from pytest_stripe_balance.engine.state.assumptions import REGISTER  # noqa: PLC0415 - only this command needs it
    from pytest_stripe_balance.report import assumption_list  # noqa: PLC0415 - as above

    if unknown := [entry_id for entry_id in options.ids if entry_id not in REGISTER]:
        raise ValueError(f"no assumption has the id {', '.join(unknown)}; without ids all are listed")
    terminal.say(assumption_list.register(options.ids or REGISTER))
    return OK
