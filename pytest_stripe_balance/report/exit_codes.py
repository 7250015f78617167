"""The exit codes of the commands."""

OK = 0
FINDINGS = 1  # at least one finding at level error
BAD_INPUT = 2  # an input that can't be read, bad usage, or nothing that was checked
INTERRUPTED = 130  # as shells report Ctrl-C
READER_GONE = 141  # as shells report a broken pipe
