"""The project's addresses and the floor's."""

from django.http import HttpResponse
from django.urls import path
from django.utils import timezone

from accounts.http import Request
from exam_platform.urls import handler500
from exam_platform.urls import urlpatterns as project_urlpatterns
from exams.models import Response

__all__ = ["handler500", "urlpatterns"]


def floor(request: Request, response_id: int) -> HttpResponse:
    """The least that Django can do: session, user, one UPDATE."""
    updated = Response.objects.filter(pk=response_id, attempt__user=request.user).update(
        saved_at=timezone.now()
    )
    return HttpResponse(str(updated))


urlpatterns = [path("floor/<int:response_id>", floor), *project_urlpatterns]
