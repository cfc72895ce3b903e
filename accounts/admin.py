"""People in the admin, and the way into it: the site's own sign-in, with its limits."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import ManyToManyField, QuerySet
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest

from accounts.forms import NewUserForm
from accounts.groups import authors
from accounts.models import User

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = settings.SITE_NAME
admin.site.index_title = "Administration"

RIGHTS = ["is_staff", "is_superuser", "groups"]


@admin.register(User)
class PeopleAdmin(UserAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    add_form = NewUserForm
    list_display = ["email", "is_active", "is_staff", "extra_time", "date_joined", "last_login"]
    list_filter = ["is_active", "is_staff", "groups", "extra_time"]
    search_fields = ["email"]
    ordering = ["email"]
    date_hierarchy = "date_joined"
    # Boxes to tick: few groups, and Django's two-list widget breaks a rule of WCAG.
    filter_horizontal = []
    formfield_overrides = {ManyToManyField: {"widget": CheckboxSelectMultiple}}
    readonly_fields = ["date_joined", "last_login"]
    actions = ["make_authors"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        ("Preferences", {"fields": ["extra_time", "theme"]}),
        ("What they may do", {"fields": ["is_active", *RIGHTS]}),
        ("Dates", {"fields": ["date_joined", "last_login"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "password1", "password2"]})]

    # Rights are handed out by superusers only: staff who manage people could otherwise raise
    # themselves, or take over a superuser's account by setting its password.
    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        own = [*super().get_readonly_fields(request, obj)]
        return own if request.user.is_superuser else [*own, *RIGHTS]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _within_reach(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _within_reach(request, obj) and super().has_delete_permission(request, obj)

    def has_make_authors_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    @admin.action(description="Make authors of the selected people", permissions=["make_authors"])
    def make_authors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            user.is_staff = True
            user.save(update_fields=["is_staff"])
        authors().user_set.add(*queryset)
        self.message_user(request, f"{queryset.count()} may write questions.", messages.SUCCESS)


def _within_reach(request: HttpRequest, obj: User | None) -> bool:
    return obj is None or request.user.is_superuser or not obj.is_superuser
