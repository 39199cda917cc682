"""Key figures of deliveries: what each one is, of which shipments it is made, and how it adds up.

Standard library only. `definitions` says in words what a figure is and whose formula it follows; `facts` what is known
of one shipment; `measures` what a shipment adds to each figure; `boards` sums that up, in all and cut by cut.

A shipment counts in the period in which its first promise ended; one that was promised for no moment, in which it was
booked. Neither moves later, so nothing leaves a period that has begun to look bad. Left out are those that were called
off before anybody had picked them up. Rates are ratios of sums, so the sums of all carriers are those of the whole.
"""
