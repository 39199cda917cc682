"""What our own deliveries say about the next one: learnt by the worker, read by quotes, checked by the report."""
