"""A conformance suite for Seedance 2.0 gateways: it knows the documents and an address."""
