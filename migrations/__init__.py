"""The schema's revisions. Applied by `gateway.storage.migrate`; installed as `gateway.migrations`."""
