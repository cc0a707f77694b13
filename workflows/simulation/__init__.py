"""What a program would do to a cohort: the real engine and the real gate on a virtual clock, with modelled patients and staff."""
