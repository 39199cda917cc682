"""Canada Post: parcels within Canada, over the JSON API of its Developer Portal (2026).

Sources: public clients of that API, which agree on endpoints, authentication and field names; the official example of
Tracking 2.0.0; and, where only they document a body, the XML web services it replaced, whose names it respells.
"""
