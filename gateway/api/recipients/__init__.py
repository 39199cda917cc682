"""/t/{token}: the pages of recipients. Not in the OpenAPI document: they are for people, like /docs."""
