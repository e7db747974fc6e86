"""Sentences for the user."""

from pipeline.messages import without_password


def test_a_uri_is_shown_without_its_password():
    assert without_password("postgresql://me:secret@host/db") == "postgresql://host/db"
    assert without_password("sqlite:////a/b@c.db") == "sqlite:////a/b@c.db"
