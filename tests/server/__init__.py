"""Tests of the server through its public door: HTTP and the command line."""
