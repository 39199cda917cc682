"""DoorDash Drive: couriers on demand, booked under our own id, tracked by push and poll."""
