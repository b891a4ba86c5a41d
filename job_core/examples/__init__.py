"""Services that use the core. Tests run them."""
