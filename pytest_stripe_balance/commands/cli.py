"""`python -m pytest_stripe_balance` and its commands: recordings, schemas, and what is answered."""

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
from pytest_stripe_balance.commands.calls import _calls
from pytest_stripe_balance.commands.derive import _derive
from pytest_stripe_balance.commands.terminal import BAD_USAGE, FINDINGS, GONE, INTERRUPTED, OK
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.report.outcome import Outcome


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    0 all well, 1 findings, 2 bad input or usage, 130 interrupted, 141 the reader has gone.
    """
    called = "pytest_stripe_balance"
    try:
        terminal.refuse_closed()
        options = _options(arguments)
        called = f"{called} {options.command}"
        code: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        terminal.complain(f"{called}: interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # whoever reads has seen enough, as with `| head`
        return GONE
    except (Refused, OSError, ValueError) as error:
        terminal.complain(f"{called}: {error}")
        return BAD_USAGE
    finally:
        terminal.fall_silent()
    return code


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    try:
        return _parser().parse_args(arguments)
    finally:  # after --help, which ends the command
        sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pytest_stripe_balance")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_check(
        commands.add_parser("check", help="hold JSON and cassettes to Stripe's documented shapes")
    )
    _add_drift(commands.add_parser("drift", help="what changed between two recordings"))
    _add_conform(commands.add_parser("conform", help="drive the fake with a recording's requests"))
    _add_schemas(commands.add_parser("schemas", help="what is documented, at which API version"))
    calls = commands.add_parser("calls", help="the calls of Stripe's API that the fake answers")
    calls.set_defaults(run=_calls)
    demo = commands.add_parser("demo", help="run a small downstream project's tests, with a ledger")
    demo.set_defaults(run=_demo)
    assumptions = commands.add_parser("assumptions", help="print what nobody has seen from Stripe")
    assumptions.add_argument("ids", nargs="*", metavar="ID", help="only these, instead of all")
    assumptions.set_defaults(run=_assumptions)
    derive = commands.add_parser("derive", help="derive schemas/ and docs/calls.md from stripe-python")
    about = "every release in schemas/releases.json, from its own stripe-python, which pip downloads"
    derive.add_argument("--all", action="store_true", help=about)
    derive.add_argument("--sdk", type=Path, help="an unpacked stripe package, instead of the installed")
    derive.add_argument("--into", type=Path, help="the folder to write to, instead of schemas/")
    derive.set_defaults(run=_derive)
    return parser


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Exit codes: 0 nothing at level error, 1 findings at level error, 2 an input that can't be "
        "read, or nothing that was checked."
    )
    about = (
        "JSON, JSON lines, vcrpy cassettes, patterns such as 'tests/**/*.yaml', or - for standard input"
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help=about)
    about = "take every document that isn't in a cassette for this kind, whatever its `object` says"
    parser.add_argument("--object", metavar="NAME", help=about)
    about = "for what doesn't say its own; the newest by default"
    parser.add_argument("--api-version", metavar="V", help=about)
    about = "end with 0 although nothing was checked, as where only some commits touch recordings"
    parser.add_argument("--allow-empty", action="store_true", help=about)
    _add_common(parser)
    parser.set_defaults(run=_check)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("text", "json", "github"), default="text")
    about = "breaking, enum, vanished or additive = error, warning or information"
    parser.add_argument("--level", action="append", default=[], metavar="KIND=LEVEL", help=about)
    about = "refuse bigger files (default: %(default)s)"
    parser.add_argument("--max-mb", default="100", metavar="MB", help=about)


def _megabytes(options: argparse.Namespace) -> float:
    try:
        size = float(options.max_mb)
    except ValueError:
        size = 0
    if not 0 < size * input_files.MEGABYTE < sys.maxsize:  # nor is it, where size is no number
        raise ValueError(f"--max-mb {options.max_mb!r} is no number of megabytes above 0")
    return size


def _check(options: argparse.Namespace) -> int:
    from pytest_stripe_balance.commands import check  # noqa: PLC0415 - only this command needs it

    if not (options.files or options.allow_empty):
        raise ValueError("no file is named (--allow-empty lets that pass)")

    question = check.Question(
        options.files,
        options.object,
        options.api_version,
        options.level,
        _megabytes(options),
        options.allow_empty,
    )
    return _told(check.check(question), options)


def _told(outcome: Outcome, options: argparse.Namespace, said: str | None = None) -> int:
    from pytest_stripe_balance.report import formats  # noqa: PLC0415 - as above

    terminal.say(formats.FORMATS[options.format](outcome) if said is None else said)
    if options.format == "text":
        for problem in outcome.problems:
            terminal.complain(f"pytest_stripe_balance {options.command}: {problem}")
    if nothing := outcome.nothing_more if options.format == "text" else outcome.nothing:
        terminal.complain(f"pytest_stripe_balance {options.command}: {nothing}")
    return outcome.exit_code


def _add_drift(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Compares statuses, error codes, keys, types, nulls, enums and headers; ids by their role. "
        "Exit codes: 0 nothing at level error, 1 findings at level error, 2 an input that can't be read "
        "or nothing that was compared."
    )
    parser.add_argument("old", metavar="OLD", help="a cassette, or a folder of them")
    parser.add_argument("new", metavar="NEW", help="one of the same requests, recorded later")
    about = "warn of a recording that is older, and never fail for it"
    parser.add_argument("--max-age", type=float, metavar="DAYS", help=about)
    _add_common(parser)
    parser.set_defaults(run=_drift)


def _drift(options: argparse.Namespace) -> int:
    from pytest_stripe_balance.commands import drift  # noqa: PLC0415 - only this command needs it

    question = drift.DriftQuestion(
        options.old, options.new, options.level, options.max_age, _megabytes(options)
    )
    return _told(drift.drift(question, int(time.time())), options)


def _add_conform(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Compares the fake's answers with the recorded ones, and says which assumptions that settles. "
        "Exit codes: 0 nothing at level error, 1 findings at level error, 2 an input that can't be read "
        "or no recorded answer at all."
    )
    parser.add_argument("files", nargs="+", metavar="CASSETTE", help="cassettes, or patterns of them")
    about = "that of the requests that say none; else the first that their recording says, or the newest"
    parser.add_argument("--api-version", metavar="V", help=about)
    about = "take another reading of an assumption"
    parser.add_argument("--assume", action="append", default=[], metavar="ID=READING", help=about)
    _add_common(parser)
    parser.set_defaults(run=_conform)


def _conform(options: argparse.Namespace) -> int:
    from pytest_stripe_balance.commands import conform  # noqa: PLC0415 - as above
    from pytest_stripe_balance.report import conform_result  # noqa: PLC0415

    question = conform.ConformQuestion(
        options.files, options.level, options.assume, options.api_version, _megabytes(options)
    )
    found = conform.conform(question)
    return _told(found.outcome, options, conform_result.FORMATS[options.format](found))


def _add_schemas(parser: argparse.ArgumentParser) -> None:
    views = parser.add_subparsers(dest="view", required=True)
    listed = views.add_parser("list", help="the API releases that have schemas")
    listed.add_argument("--api-version", metavar="V", help="the objects that have one there, instead")
    listed.set_defaults(run=_schemas_list)
    shown = views.add_parser("show", help="an object's JSON Schema")
    shown.add_argument("object", metavar="OBJECT")
    shown.add_argument("--api-version", metavar="V", help="the newest by default")
    shown.set_defaults(run=_schemas_show)
    compared = views.add_parser("diff", help="what changed between two API versions")
    compared.add_argument("old", metavar="V1")
    compared.add_argument("new", metavar="V2")
    compared.add_argument("object", metavar="OBJECT", nargs="?", help="this one and its requests only")
    compared.add_argument("--format", choices=("text", "json"), default="text")
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


def _demo(_: argparse.Namespace) -> int:
    from pytest_stripe_balance.commands import demo as demonstration  # noqa: PLC0415 - as above

    return OK if demonstration.run() else FINDINGS


def _assumptions(options: argparse.Namespace) -> int:
    from pytest_stripe_balance.engine.state.assumptions import REGISTER  # noqa: PLC0415 - only this command needs it
    from pytest_stripe_balance.report import assumption_list  # noqa: PLC0415 - as above

    if unknown := [entry_id for entry_id in options.ids if entry_id not in REGISTER]:
        raise ValueError(f"no assumption has the id {', '.join(unknown)}; without one all are listed")
    terminal.say(assumption_list.register(options.ids or REGISTER))
    return OK
