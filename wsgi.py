"""WSGI entry point: `granian --interface wsgi wsgi:application`."""

import os

from gateway.app import create_app
from gateway.bootstrap import build
from gateway.settings import load_settings

application = create_app(build(load_settings(os.environ)))
