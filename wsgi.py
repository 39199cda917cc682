"""WSGI entry point: `granian --interface wsgi wsgi:application`."""

import gc
import os

from gateway.app import create_app
from gateway.bootstrap import build
from gateway.settings import load_settings

application = create_app(build(load_settings(os.environ)))

# What is loaded stays: the garbage collector need not look at it again, nor look for cycles after every few
# hundred objects, of which a quote makes thousands. It was a tenth of what a quote costs.
gc.freeze()
gc.set_threshold(20_000, 20, 20)
