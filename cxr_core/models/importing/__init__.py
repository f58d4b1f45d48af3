"""Other people's weights: read as numbers, fitted onto one of our networks, written as a model of the user's.

Nothing of the file is run or rebuilt: the network is ours, and only the arrays are taken.
"""
