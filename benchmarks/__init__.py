"""What is measured: ratios within one run, never a time on its own."""
