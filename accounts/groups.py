"""The group of question authors. Permissions are named, for this app may not import the bank."""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

# Published versions never change and nothing that attempts refer to is deleted, so authors add
# and retire; what an exam asks for (its blueprint) they only read.
ADD = ["question", "questionversion", "versionnote", "noteimage"]
CHANGE = ["question", "notesection", "noteimage"]


def authors() -> Group:
    """The group, made when it is missing; permissions it lacks are added, others stay."""
    group, _ = Group.objects.get_or_create(name="authors")
    codenames = [f"add_{model}" for model in ADD] + [f"change_{model}" for model in CHANGE]
    wanted = Q(codename__startswith="view_") | Q(codename__in=codenames)
    group.permissions.add(*Permission.objects.filter(wanted, content_type__app_label="questions"))
    return group
