import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("questions", "0005_tasks_of_other_exams"),
    ]

    operations = [
        migrations.CreateModel(
            name="BlindCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "digest",
                    models.CharField(
                        blank=True, help_text="Of the text that was judged.", max_length=16
                    ),
                ),
                ("checked_on", models.DateField()),
                ("first_answer_agreed", models.BooleanField()),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("ok", "ok"),
                            ("unclear", "unclear"),
                            ("ambiguous", "ambiguous"),
                            ("wrong", "wrong"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "changed",
                    models.TextField(
                        blank=True, help_text="What checks found, and what was changed for it."
                    ),
                ),
                (
                    "question",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="blind_check",
                        to="questions.question",
                    ),
                ),
            ],
        ),
    ]
