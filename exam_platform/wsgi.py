"""The WSGI entry point that granian (or gunicorn) serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exam_platform.settings")

application = get_wsgi_application()
