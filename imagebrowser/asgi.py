"""The ASGI application: Django, with request bodies in hand."""

import os

from django.core.asgi import get_asgi_application

from imagebrowser.bodies import BodyApplication

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imagebrowser.settings")
application = BodyApplication(get_asgi_application())
