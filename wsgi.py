"""What servers load: `granian --interface rsgi wsgi:front`, or `wsgi:application` where bodies are read by a proxy."""

import gc
import os

gc.disable()  # what is made while this starts stays: looking for garbage in it was a sixth of the start

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

# What is loaded stays: the garbage collector need not look at it again, nor look for cycles after every few
# hundred objects, of which a quote makes thousands. It was a tenth of what a quote costs.
gc.freeze()
gc.set_threshold(20_000, 20, 20)
gc.enable()
