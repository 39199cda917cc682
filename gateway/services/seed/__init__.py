"""`gateway seed`: a believable history, the same for the same number, that demos, backtests and benchmarks share."""

from gateway.services.seed.history import Seeding, seed_history

__all__ = ["Seeding", "seed_history"]
