"""A conformance suite for gateways that sell Seedance 2.0: it knows the documents and an address."""
