"""The WSGI application, for servers that speak nothing newer. Large uploads need ASGI."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imagebrowser.settings")
application = get_wsgi_application()
