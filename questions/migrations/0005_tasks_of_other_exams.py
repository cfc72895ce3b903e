from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("questions", "0004_drawings"),
    ]

    operations = [
        migrations.AddField(
            model_name="questionversion",
            name="also",
            field=models.ManyToManyField(
                help_text="Tasks of other exams that this version serves too.",
                related_name="guests",
                to="questions.task",
            ),
        ),
    ]
