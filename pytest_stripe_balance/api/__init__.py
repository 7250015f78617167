"""HTTP as values: takes a `Request` and gives a `Response`. It does no I/O."""
