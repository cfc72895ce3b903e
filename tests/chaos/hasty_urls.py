"""The project's addresses, but a save is acknowledged first and made a moment later."""

import threading
import time
import uuid

from django.db import connection
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone

from accounts.http import Request
from exam_platform.urls import handler500
from exam_platform.urls import urlpatterns as project_urlpatterns
from exams.engine import saves
from exams.views.attempt import save_from

__all__ = ["handler500", "urlpatterns"]

DELAY_SECONDS = 0.1


def lie(request: Request, attempt_id: uuid.UUID, position: int) -> HttpResponse:
    save = save_from(request.POST, position)
    who = {"user": request.user, "attempt_id": attempt_id, "save": save, "now": timezone.now()}

    def save_later() -> None:
        time.sleep(DELAY_SECONDS)
        saves.save_answer(**who)  # type: ignore[arg-type]  # as the view passes them
        connection.close()

    threading.Thread(target=save_later).start()
    return JsonResponse({"outcome": "applied"})


urlpatterns = [
    path("attempts/<uuid:attempt_id>/q/<int:position>/save", lie),
    *project_urlpatterns,
]
