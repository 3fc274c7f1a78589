"""
The load of a whole country on paper: measured service times, an estimate, and a simulation that checks it.

`service` knows what a letter costs, `nation` how many there are and where they go, `queueing` the formulae,
`estimate` what follows from them for each kind of node, `simulation` (with `stations` and `tree`) plays the
same letters one by one, `comparison` lays both side by side.
"""
