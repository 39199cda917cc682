"""Bring and Posten: parcels within Norway and between Norway, Sweden, Denmark and Finland.

Source of everything here: developer.bring.com (Booking, Shipping Guide 2, Tracking, Event Cast, Pickup Point,
Modify Delivery), whose pages and examples are public at github.com/bring/developer-site.
"""
