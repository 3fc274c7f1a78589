"""
The doctor: looks at a node from outside, running or not, says what is wrong and how to mend it.
"""
