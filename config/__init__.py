"""Defaults that come with the gateway: settings, policies, zones, example accounts. Packaged as gateway.config."""
