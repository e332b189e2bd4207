"""The command `seedance-conformance`: its options, its commands, and the one line of a mistake."""
