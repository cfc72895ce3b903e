from django.contrib import admin
from django.urls import include, path

from exam_platform.views import media, robots
from exams.views.start import home

urlpatterns = [
    path("", home, name="home"),
    path("robots.txt", robots, name="robots"),
    path("", include("questions.urls")),
    path("", include("exams.urls")),
    path("", include("results.urls")),
    path("media/<path:name>.webp", media, name="media"),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]

handler500 = "exam_platform.views.server_error"
