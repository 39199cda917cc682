"""The sandbox's server; README.md in the folder above is its documentation."""

from carriers.sandbox.simulator.server import SimulatorSandbox

SIMULATOR = SimulatorSandbox
