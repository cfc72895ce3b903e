from django.apps import AppConfig


class ExamsConfig(AppConfig):
    name = "exams"

    def ready(self) -> None:
        from accounts.guests import ADOPTERS
        from exams.engine.adoption import move_work  # needs the models, which are not there before

        ADOPTERS.append(move_work)
