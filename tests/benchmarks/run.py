"""One command that measures the fake beside stripe-python's own time, and beside the alternatives.

    .venv/bin/python tests/benchmarks/run.py [--only a,c] [--quick] [--json FILE] [--stripe-mock URL]

Times are microseconds of one call, medians over rounds that take all subjects in turn; the ratio is the
median of each round's own. LOCALSTRIPE names an interpreter that has localstripe.
"""

import argparse
import sys
from pathlib import Path

import beside
import calls
import parts
import suites
from measure import Results, progress

SECTIONS = "abcdefghijk"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections, as a,c,f")
    parser.add_argument("--quick", action="store_true", help="few rounds: a look, no figures")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    parser.add_argument("--stripe-mock", metavar="URL", help="a running stripe-mock")
    options = parser.parse_args()
    rounds, each = (3, 20) if options.quick else (15, 60)
    results = Results()
    run = {
        "a": lambda: calls.calls(results, rounds, each),
        "b": lambda: calls.alternatives(results, rounds, each, options.stripe_mock),
        "c": lambda: parts.replay(results),
        "d": lambda: suites.fixtures(results, rounds, each),
        "e": lambda: suites.start(results, rounds),
        "f": lambda: parts.reconciliation(results, 3),
        "g": lambda: parts.lists(results, rounds, each),
        "h": lambda: calls.threads(results, rounds, each),
        "i": lambda: parts.memory(results),
        "j": lambda: suites.suite(results),
        "k": lambda: beside.beside(
            results, rounds, each // 4, (5, 50) if options.quick else beside.SIZES
        ),
    }
    for section in options.only.split(","):
        progress.section = f"({section}) "
        run[section]()
    progress("\n")
    print(results.table())  # noqa: T201 - a command's voice
    if options.json:
        options.json.write_text(results.as_json(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
