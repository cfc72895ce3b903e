from django.contrib import admin
from django.urls import include, path

from exam_platform import views

urlpatterns = [
    path("livez", views.livez),
    path("readyz", views.readyz),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
