#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exam_platform.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from exam_platform.embedded_postgres import PostgresUnavailable

    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, PostgresUnavailable) as problem:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"{type(problem).__name__}: {problem}")


if __name__ == "__main__":
    main()
