from django.conf import settings
from django.db import migrations, models


def hold_as_images_are_held(apps, schema_editor):
    """A manifest belongs to whom its image does; another document to those who hold what an index lists with it."""
    Manifest = apps.get_model('layers', 'Manifest')
    for manifest in Manifest.objects.filter(image__is_shared=False).select_related('image'):
        take(manifest, manifest.image.holders.all())
    for _depth in range(5):
        for index in Manifest.objects.filter(kind='index', is_shared=True):
            below = Manifest.objects.filter(listed_by__index=index)
            private = list(below.filter(is_shared=False))
            if not private:
                continue
            holders = {holder for each in private for holder in each.holders.all()}
            for document in [index, *below.filter(image=None, is_shared=True)]:
                take(document, holders)


def take(manifest, holders):
    manifest.holders.add(*holders)
    manifest.is_shared = False
    manifest.save(update_fields=['is_shared'])


class Migration(migrations.Migration):

    dependencies = [
        ('layers', '0009_findings'),
    ]

    operations = [
        migrations.AddField(
            model_name='manifest',
            name='holders',
            field=models.ManyToManyField(related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='manifest',
            name='is_shared',
            field=models.BooleanField(default=True),
        ),
        migrations.RunPython(hold_as_images_are_held, migrations.RunPython.noop),
    ]
