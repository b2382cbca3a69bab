"""What rule authors ask: do the cases hold, what was hardly meant, what changed."""
