"""The project's addresses, but without the guard by epoch and rev."""

from exam_platform.urls import handler500, urlpatterns
from exams import attempts

__all__ = ["handler500", "urlpatterns"]

_unguarded = attempts._SAVE.replace("THEN 'repeated'", "THEN 'applied'")
if _unguarded == attempts._SAVE:
    raise RuntimeError("The guard of the save statement was not found: this control proves nothing")
attempts._SAVE = _unguarded
