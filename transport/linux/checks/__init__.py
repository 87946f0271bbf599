"""What a Linux machine is examined for; each check is a function that gives one `Check`."""
