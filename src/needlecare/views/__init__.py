"""Timeline → text. Views are pure functions that show what a timeline holds; none computes a date."""
