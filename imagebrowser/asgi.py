"""The ASGI application: uploads go to a receiver of their own, everything else to Django."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imagebrowser.settings")
application = get_asgi_application()
