# imagebrowser in a container: docker build -t imagebrowser . && docker run -p 127.0.0.1:8000:8000 imagebrowser
FROM python:3.11-slim-bookworm

RUN useradd --create-home --uid 1000 imagebrowser && install -d -o imagebrowser -m 700 /data
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY manage.py ./
COPY imagebrowser imagebrowser
COPY layers layers
COPY static static
COPY templates templates
RUN python -m compileall -q imagebrowser layers

USER imagebrowser
# Inside a container the loopback address is the container's own: publish the port on the host's.
ENV IMAGEBROWSER_DATA=/data IMAGEBROWSER_ALLOW_REMOTE=1 PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8000
# By a host that is allowed, whatever that is.
HEALTHCHECK CMD ["python", "-c", "import os, urllib.request as web; host = os.environ.get('IMAGEBROWSER_ALLOWED_HOSTS', '').split(',')[0].lstrip('.*') or 'localhost'; web.urlopen(web.Request('http://127.0.0.1:8000/healthz', headers={'Host': host}), timeout=2)"]
CMD ["python", "manage.py", "serve", "--demo", "--host", "0.0.0.0", "--port", "8000"]
