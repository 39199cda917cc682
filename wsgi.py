"""What servers load: `granian --interface rsgi wsgi:front`, or `wsgi:application` where bodies are read by a proxy."""

import gc
import os

from gateway.loading import loading

with loading():
    from gateway.api.front import Front
    from gateway.app import create_app
    from gateway.bootstrap import build
    from gateway.settings import load_settings

    services = build(load_settings(os.environ))
    application = create_app(services)

web = services.settings.web
# Live updates would hold a process that is told to stop up; their clients come back to another one.
front = Front(
    application,
    threads=web.threads,
    body_bytes=web.max_body_bytes,
    wait_s=web.wait_s,
    stop=services.live.stop,
)

# Nor need cycles be looked for after every few hundred objects, of which a quote makes thousands: it was a tenth of
# what a quote costs.
gc.set_threshold(20_000, 20, 20)
