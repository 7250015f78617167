"""Measuring side by side: rounds that take every subject in turn, and figures as ratios of one of them."""

import contextlib
import gc
import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass, field


@dataclass
class Figure:
    """One subject's time per call, in microseconds, and what it is of its section's floor."""

    section: str
    subject: str
    median: float
    spread: float
    ratio: float | None = None
    note: str = ""


@dataclass
class Results:
    """All figures of a run, told while it goes on."""

    figures: list[Figure] = field(default_factory=list)

    def add(self, section, spans, floors=None, notes=None):
        """Take in a section: spans by subject; `floors` names the subject that each is a ratio of."""
        medians = {name: statistics.median(taken) for name, taken in spans.items()}
        for name, taken in spans.items():
            low, _, high = statistics.quantiles(taken, n=4)
            floor = (floors or {}).get(name)
            ratio = paired(taken, spans[floor]) if floor else None
            note = (notes or {}).get(name, "")
            spread = (high - low) / medians[name] if medians[name] else 0.0
            self.figures.append(Figure(section, name, medians[name], spread, ratio, note))

    def value(self, section, subject, value, note=""):
        """Take in a figure that is no time."""
        self.figures.append(Figure(section, subject, value, 0.0, None, note))

    def table(self):
        """Align everything for a terminal."""
        rows = [("", "subject", "median", "spread", "ratio", "")]
        for one in self.figures:
            ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
            rows.append(
                (one.section, one.subject, f"{one.median:,.1f}", f"{one.spread:.0%}", ratio, one.note)
            )
        widths = [max(len(row[column]) for row in rows) for column in range(6)]
        sides = "<<>>><"
        return "\n".join(
            "  ".join(
                f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)
            ).rstrip()
            for row in rows
        )

    def as_json(self):
        """Give the figures for programs."""
        return json.dumps([asdict(one) for one in self.figures], indent=1)


def paired(taken, floor):
    """Give the median of the ratios, each of two samples of one round: what slows both is in neither."""
    return statistics.median(one / other for one, other in zip(taken, floor, strict=True))


def above_floor(taken, floor):
    """Give the median of what is above the floor, each of two samples of one round."""
    return statistics.median(one - other for one, other in zip(taken, floor, strict=True))


def interleaved(subjects, rounds, calls, clock=time.process_time):
    """Measure each subject once a round, in turn; microseconds per call, by subject.

    A subject takes a number of calls to make, and makes them; what it needs around them is not measured
    if it is a pair of that context and the subject.
    """
    spans = {name: [] for name in subjects}
    subjects = {
        name: each if isinstance(each, tuple) else (contextlib.nullcontext, each)
        for name, each in subjects.items()
    }
    for around, each in subjects.values():
        with around():
            each(3)  # what is paid once is paid by now
    for number in range(rounds):
        progress(f"round {number + 1} of {rounds}")
        for name, (around, each) in subjects.items():
            with around():
                gc.collect()
                began = clock()
                each(calls)
                spans[name].append((clock() - began) / calls * 1e6)
    return spans


def progress(text):
    """Tell on one line what is going on, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{progress.section}{text}", end="", file=sys.stderr, flush=True)  # noqa: T201 - a progress line


progress.section = ""
