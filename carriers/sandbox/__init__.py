"""The sandbox: a carrier that does not exist, for tests of merchants and of the gateway. See README.md."""
