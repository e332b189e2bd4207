"""What the simulation is made of: pure values and functions, without input, output or time."""
