"""Uber Direct: couriers on demand, booked by quote, tracked by push and poll."""
