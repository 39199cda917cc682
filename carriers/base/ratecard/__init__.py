"""Rate cards: what an account pays for which zone, service and weight, kept by the merchant in a spreadsheet.

One CSV file of sections. A section is a row with its name in brackets, a row of column names, and its rows; columns
may stand in any order, optional ones may be left out, blank rows and rows that begin with `#` are passed over.

    [card]
    name,valid_from,valid_until,timezone
    Parcels 2026,2026-01-01,2026-12-31,Europe/Oslo

    [zones]
    zone,country,postcodes
    inner,NO,01*
    inner,NO,0250-0299|0350
    rest,NO,*

    [services]
    service,dimensional_divisor_cm3_per_kg,weight_step_g,priced_per,cut_off
    standard,5000,500,parcel,16:00

    [prices]
    zone,service,max_weight_g,price_minor,currency,transit_days
    inner,standard,5000,6900,NOK,1
    rest,standard,5000,9900,NOK,3

    [surcharges]
    code,label,when,percent,price_minor,currency,postcodes,country
    fuel,Fuel,always,12.5,,,,
    island,Islands,remote,,25000,NOK,8*|9170-9179,NO

- `[card]` (may be missing): from which day to which, both included, at the origin; blank is open. `timezone` is the
  origin's (IANA), for that day, for cut-offs and for working days.
- `[zones]`: `*` is the whole country, `01*` all that begin so, `0250-0299` a range of digits, `0350` one postcode
  (also a GB outward code or a US five-digit code); `|` between several. What covers fewest postcodes decides.
  Zones are those of the destination.
- `[services]` (may be missing): a divisor of 0 is no dimensional weight, a blank one the carrier's own; each parcel's
  chargeable weight is rounded up to `weight_step_g`; prices are for the whole `shipment` (the rule when blank: its
  parcels' chargeable weights together) or for each `parcel`. An order after `cut_off` counts as the next working day's.
- `[prices]`: the price of the first step that carries the weight, in minor units (9900 is 99.00 NOK). With
  `transit_days` a rate has a promise: days that are worked at origin and destination, by the account's calendar
  (Monday to Friday where it has none).
- `[surcharges]`: see `carriers.base.ratecard.surcharges`.

Separators may be commas, semicolons or tabs; a byte-order mark is passed over. With semicolons or tabs a percentage
may have a decimal comma. Prices are whole numbers; nothing else is guessed at, and every bad row is named.
"""

from carriers.base.ratecard.card import BadRateCard, Priced, RateCard, RateCards
from gateway.domain.sheets import Fault

__all__ = ["BadRateCard", "Fault", "Priced", "RateCard", "RateCards"]
