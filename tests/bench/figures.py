from dataclasses import dataclass
@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    benchmark: str
    case: str
    measured: float
    unit: str
    beside: str
    yardstick: float
    note: str = ""
