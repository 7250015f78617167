"""Recordings compared with each other, and with the fake."""
