from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("questions", "0003_loaded_digests"),
    ]

    operations = [
        migrations.AddField(
            model_name="noteimage",
            name="svg",
            field=models.TextField(
                blank=True,
                default="",
                editable=False,
                help_text="Of a drawing, instead of a file: checked SVG.",
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="noteimage",
            constraint=models.CheckConstraint(
                condition=Q(svg="") | (Q(file="") & Q(name__endswith=".svg")),
                name="note_image_is_file_or_drawing",
            ),
        ),
    ]
