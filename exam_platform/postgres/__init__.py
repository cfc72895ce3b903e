"""Django's Postgres backend, with two things more.

A server of the project's own is started at the first connection, never by loading settings; and
the pool recovers at once from an end of the server.
"""
