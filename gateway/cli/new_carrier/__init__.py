"""`gateway new-carrier`: a carrier's folder with everything in it but what only its documents tell."""

from gateway.cli.new_carrier.command import new_carrier

__all__ = ["new_carrier"]
