"""Programs that measure: accuracy against a browser, and speed. No part of the product."""
