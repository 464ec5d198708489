"""All tests. A package, so that those in folders of the same file names do not clash."""
