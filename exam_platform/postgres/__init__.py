"""Django's Postgres backend, with a pool that recovers at once from an end of the server."""
