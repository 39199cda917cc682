"""The conformance kit: whether a carrier keeps the contract.

In the tests of any package that has a carrier:

    from carriers.base.conformance import conformance
    from acme.adapter import Acme

    TestAcme = conformance(Acme)

Without a test runner, `check(Acme)` is the list of failures and `grade(Acme)` what they come to.
"""

from carriers.base.conformance.grade import Grade, Level, grade
from carriers.base.conformance.suite import Failure, check, conformance, examine

__all__ = ["Failure", "Grade", "Level", "check", "conformance", "examine", "grade"]
