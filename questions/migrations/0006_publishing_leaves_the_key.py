import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("questions", "0005_skills_passages_status"),
    ]

    operations = [
        migrations.AlterField(
            model_name="question",
            name="published",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The version that new attempts draw.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="questions.questionversion",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.UniqueConstraint(
                condition=models.Q(("published__isnull", False)),
                fields=("published",),
                name="question_published_version_once",
            ),
        ),
    ]
