"""What a customer will buy within a horizon, and for how much: BG/NBD for purchases, Gamma-Gamma for spend."""
