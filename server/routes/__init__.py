"""The routes, one module for each concern."""
