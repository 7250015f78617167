"""HTTP as values: a `Request` comes in, a `Response` goes out, and nothing here does I/O."""
