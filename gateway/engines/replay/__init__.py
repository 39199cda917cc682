"""Backtests by columns: past shipments judged by a policy, a hundred thousand at a time, as `gateway.rules` would one.

`extract` turns stored quotes into columns once; `judge` walks the same rows (fields, operators, actions, weights) that
the live engine walks, over columns; `running` keeps what is done, so that a run can be killed and goes on.
"""
