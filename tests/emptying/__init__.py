"""An app of the tests alone: how the database is emptied after tests that commit."""
