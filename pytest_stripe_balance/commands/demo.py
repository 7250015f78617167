"""The command `demo`: runs the tests of a small example project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pytest_stripe_balance.commands import terminal

OPTIONS = (
    "-v",
    "-rP",
    "--no-header",
    "--stripe-assumptions=line",
    *("-p", "pytest_stripe_balance.plugin"),
    *("-p", "no:cacheprovider"),
)


def run() -> bool:
    """Run the demo project's tests in a copy of it; tell whether all passed."""
    shop = Path(__file__).parents[1] / "demo"
    terminal.say(f"a shop that takes bank transfers, and its tests: {shop}\n")
    with tempfile.TemporaryDirectory(prefix="stripe-balance-demo-") as folder:
        shutil.copytree(shop, folder, dirs_exist_ok=True, ignore=_leave_caches)
        return _run_by_pytest(folder) == 0


def _run_by_pytest(folder: str) -> int:
    """Run the tests of a folder, and print pytest's output. Ctrl-C stops us, and we stop pytest."""
    colour = f"--color={'yes' if sys.stdout.isatty() else 'no'}"
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "pytest", *OPTIONS, colour],
        cwd=folder,
        env=_clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        errors="backslashreplace",
        process_group=0,
    ) as running:
        assert running.stdout is not None, "unreachable because a pipe was asked for"
        try:
            for line in running.stdout:
                terminal.say(line.removesuffix("\n"))
        except BaseException:
            running.kill()
            raise
    return running.returncode


def _clean_environment() -> dict[str, str]:
    """Give an environment without other pytest plugins and options."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    columns = str(shutil.get_terminal_size().columns)
    settings = {"COLUMNS": columns, "PYTHONIOENCODING": "utf-8", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return {**environment, **settings}


def _leave_caches(_: str, names: list[str]) -> set[str]:
    return {name for name in names if name == "__pycache__"}
