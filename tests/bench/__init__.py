"""How fast Sayso is, side by side with the usual ways, as ratios within one run (`make bench`)."""
