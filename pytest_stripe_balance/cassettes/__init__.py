"""Recordings in vcrpy's format."""
