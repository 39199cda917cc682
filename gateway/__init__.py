"""Doorstep: a multi-carrier last-mile delivery gateway. Imports nothing, so that `gateway.domain` stays light."""

__version__ = "0.1.0"
