"""The project's addresses, but without the guard by epoch and rev."""

from exam_platform.urls import handler500, urlpatterns
from exams.engine import saves

__all__ = ["handler500", "urlpatterns"]

_unguarded = saves._SAVE.replace("THEN 'repeated'", "THEN 'applied'")
if _unguarded == saves._SAVE:
    raise RuntimeError("The guard of the save statement was not found: this control proves nothing")
saves._SAVE = _unguarded
