import contextlib
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_stripe_balance.commands import cli

# A shell that runs in the background has its processes ignore what Ctrl-C sends.
HEEDING = (
    "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "runpy.run_module('pytest_stripe_balance', run_name='__main__', alter_sys=True)"
)
# A call of each command that says something.
SAYING = (
    ["--help"],
    ["check", "--help"],
    ["check", "{file}"],
    ["check", "{file}", "--format=json"],
    ["drift", "{file}", "{file}"],
    ["conform", "{file}"],
    ["schemas", "list"],
    ["schemas", "show", "customer"],
    ["schemas", "diff", "2023-10-16", "2024-06-20"],
    ["calls"],
    ["events"],
    ["events", "overpaid"],
    ["assumptions"],
    ["demo"],
)
SIZED = (["check", "{file}"], ["drift", "{file}", "{file}"], ["conform", "{file}"])
CASSETTE = '{"interactions": []}'


def called(words):
    return "-".join(word.strip("-{}") for word in words)


@pytest.fixture
def filled(tmp_path):
    """Put a cassette's name into a command's words."""
    file = tmp_path / "cassette.json"
    file.write_text(CASSETTE)
    return lambda words: [word.format(file=file) for word in words]


@pytest.mark.parametrize("words", SIZED, ids=called)
@pytest.mark.parametrize("size", ["inf", "-inf", "nan", "-1", "0", "1e303", "much", ""])
def test_a_size_that_is_none_is_bad_usage(filled, capsys, words, size):
    """What is no number of megabytes above 0 is told in one line, with exit code 2."""
    assert cli.main([*filled(words), f"--max-mb={size}"]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert f"--max-mb {size!r} must be a number of megabytes above 0" in told.err


@pytest.mark.parametrize("words", SIZED, ids=called)
def test_a_size_beyond_any_memory_reads_what_is_there(filled, capsys, words):
    """A huge limit makes no room for what isn't there."""
    cli.main([*filled(words), "--max-mb=9e11"])
    assert "max-mb" not in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "conform"])
def test_ctrl_c_is_one_line(monkeypatch, capsys, command):
    """A command that is interrupted says so in one line, and ends with 130."""

    class Stopped:
        class buffer:  # noqa: N801 - a stream's own name
            @staticmethod
            def read1(_):
                raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", Stopped)
    assert cli.main([command, "-"]) == 130
    assert capsys.readouterr().err == f"pytest_stripe_balance {command}: interrupted\n"


def test_ctrl_c_ends_a_process_without_a_traceback():
    """So it does for real, in the middle of its input."""
    command = [sys.executable, "-c", HEEDING, "check", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(b" " * 200_000)  # more than a pipe holds: it is being read
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        told = process.stderr.read().decode()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    assert (process.returncode, told) == (130, "pytest_stripe_balance check: interrupted\n")


@pytest.mark.parametrize("words", SAYING[2:], ids=called)
def test_a_closed_standard_output_is_one_line(filled, monkeypatch, capsys, words):
    """With nobody to tell, a command does nothing, says so in one line, and ends with 2."""
    monkeypatch.setattr(sys, "stdout", None)
    assert cli.main(filled(words)) == 2
    assert capsys.readouterr().err == "pytest_stripe_balance: standard output is closed\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize("into", [">&-", "> /dev/full", ">&- 2>&-"])
def test_an_output_that_cannot_be_written_ends_a_process_with_2(into):
    """So it does for real, on a full disk too, and Python adds nothing of its own."""
    done = subprocess.run(
        ["sh", "-c", f"'{sys.executable}' -m pytest_stripe_balance calls {into}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert (done.stdout, done.stderr.count("\n")) == ("", 0 if "2>" in into else 1)


@pytest.mark.parametrize("words", SAYING, ids=called)
def test_a_reader_who_has_gone_is_no_error(filled, monkeypatch, capfd, words):
    """As in `demo | head -1`: no line on standard error, and 141, as of what a broken pipe ended."""
    reading, writing = os.pipe()
    os.close(reading)
    with io.TextIOWrapper(os.fdopen(writing, "wb"), "utf-8") as gone:
        monkeypatch.setattr(sys, "stdout", gone)
        assert cli.main(filled(words)) == 141
    assert capfd.readouterr().err == ""


def test_a_process_whose_reader_has_gone_says_nothing():
    """So it is for real, where Python writes out once more on its way out."""
    command = f"set -o pipefail; (sleep 0.3; '{sys.executable}' -m pytest_stripe_balance calls) | true"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (141, "", "")


def test_a_closed_standard_input_is_bad_input(monkeypatch, capsys):
    """`check - <&-` is told, as every input that can't be read."""
    monkeypatch.setattr(sys, "stdin", None)
    assert cli.main(["check", "-"]) == 2
    assert "standard input is closed" in capsys.readouterr().err


MADE = {
    "a folder": Path.mkdir,
    "a pipe, a socket or a device": os.mkfifo,
    "a broken link to /nonexistent": lambda path: path.symlink_to("/nonexistent"),
    "a link to itself": lambda path: path.symlink_to(path),
}


@pytest.mark.parametrize("what", MADE)
@pytest.mark.parametrize(
    "words",
    [["check", "{it}"], ["conform", "{it}"], ["drift", "{file}", "{it}"], ["drift", "{it}", "{file}"]],
)
def test_what_is_no_file_is_told_as_what_it_is(tmp_path, capsys, words, what):
    """A command names what stands in a recording's place, in one line, and waits for no pipe."""
    (tmp_path / "it.yaml").unlink(missing_ok=True)
    MADE[what](tmp_path / "it.yaml")
    file = tmp_path / "file.yaml"
    file.write_text(CASSETTE)
    assert cli.main([word.format(it=tmp_path / "it.yaml", file=file) for word in words]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert "it.yaml" in told[0]
    assert ("give two files" if what == "a folder" and words[0] == "drift" else what) in told[0]


@pytest.mark.parametrize("what", list(MADE)[1:])
def test_drift_tells_of_what_is_no_file_in_its_folders(tmp_path, capsys, what):
    """In a folder of recordings a pipe or a broken link is told, and never passed over in silence."""
    for side in ("old", "new"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "good.json").write_text(CASSETTE)
        MADE[what](tmp_path / side / "it.yaml")
    assert cli.main(["drift", str(tmp_path / "old"), str(tmp_path / "new")]) == 2
    told = capsys.readouterr().err
    assert what in told
    assert "it.yaml" in told
