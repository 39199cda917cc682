"""Why this carrier? One class per criterion.

`ALWAYS` judges every candidate of every policy: a carrier that cannot do what is asked is never eligible.
`RULES` is what a policy chooses from, by `kind`. To add a rule: write its class, add it to the tuple.
"""

from gateway.rules.cost import Cheapest, MaxPrice, OneCurrency
from gateway.rules.preference import AllowAccounts, DenyAccounts, PreferAccounts
from gateway.rules.reach import Capable, DoorOrPoint, InZones, WithinLimits
from gateway.rules.rule import Rule
from gateway.rules.speed import DeliverBy, Fastest

ALWAYS: tuple[Rule, ...] = (OneCurrency(), Capable(), DoorOrPoint(), WithinLimits())

RULES: tuple[type[Rule], ...] = (
    Cheapest,
    MaxPrice,
    Fastest,
    DeliverBy,
    InZones,
    AllowAccounts,
    DenyAccounts,
    PreferAccounts,
)
