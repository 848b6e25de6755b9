"""Filled forms made in code, for the tests and for samples/; imports nothing of perfeval_xl."""
