from django.apps import AppConfig


class ExamsConfig(AppConfig):
    name = "exams"

    def ready(self) -> None:
        from accounts.guests import ADOPTERS
        from exams.engine import adoption  # needs the models, which are not there before

        ADOPTERS.append(adoption)
