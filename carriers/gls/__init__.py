"""GLS Group: parcels in Germany, Austria, Belgium, France, Denmark, Spain, the Netherlands, Hungary and beyond.

Source of everything here: ShipIT REST 5.0.11 documentation (16 April 2026), the OpenAPI files "Track And Trace V1"
1.0.7 and "authentification-service-v2", and what GLS told integrators (SPECS.md), all kept at
github.com/karrioapi/karrio@8aab3919 under modules/connectors/gls/vendor.
"""
