"""What deliveries teach: how long they take, and how often they come in time and at the first attempt.

Standard library only. `durations` keeps times as histograms and reads them by Kaplan and Meier; `lanes` forecasts from
nested groups of deliveries, the thin ones shrunk towards those they are part of; `chances` does so for yes and no.
`history` is all of that for one account, as it is stored; `table` what a quote reads; `replay` forecasts the past.
"""
