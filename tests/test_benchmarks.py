"""The benchmark's one command, which nobody runs between two looks at its figures."""

import json
import subprocess
import sys
from pathlib import Path

COMMAND = Path(__file__).parent / "benchmarks" / "run.py"


def test_the_benchmark_runs_and_holds_each_subject_against_its_floor(tmp_path):
    """Quick rounds of four sections give a ratio for each call, and a file of all figures."""
    out = tmp_path / "figures.json"
    asked = [sys.executable, str(COMMAND), "--quick", "--only", "a,g,i,k", "--json", str(out)]
    subprocess.run(asked, check=True, capture_output=True)
    figures = json.loads(out.read_text("utf-8"))
    calls = [one for one in figures if one["section"].startswith("a ")]
    assert {one["subject"] for one in calls if one["ratio"] is None} == {
        f"{kind}, floor" for kind in ("retrieve", "create", "apply")
    }
    assert all(one["ratio"] for one in calls if not one["subject"].endswith("floor"))
    assert {one["section"] for one in figures} >= {"g a page", "i memory", "k their own", "k another's"}
    beside = [one for one in figures if one["section"].startswith("k ")]
    assert all((one["ratio"] is None) == one["subject"].endswith("beside 5") for one in beside)
