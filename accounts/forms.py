"""Forms of the pages that allauth does not bring."""

from typing import Any

from django import forms
from django.contrib.auth.forms import BaseUserCreationForm

from accounts.models import User


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = User
        fields = ["extra_time", "theme", "text_size"]
        widgets = dict.fromkeys(fields, forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A page from before there were sizes may still be open: what it does not send stays.
        self.fields["text_size"].required = False


class DisplayForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """What can be set during an exam as well."""

    class Meta:
        model = User
        fields = ["theme", "text_size"]


class DeleteAccountForm(forms.Form):
    """The password again, so that a screen left open deletes nobody."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError("This is not your password.")
        return password


class NewUserForm(BaseUserCreationForm):  # type: ignore[type-arg]  # generic in the stubs only
    """The admin's form for a new person: an email address and a password."""

    class Meta:
        model = User
        fields = ["email"]
