"""Faults: what goes wrong between clients and gateways, each as a named value."""
