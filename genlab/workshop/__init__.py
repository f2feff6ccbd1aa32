"""A training in a process of its own, for a visitor of the app: ordered, watched, paused, stopped, resumed.

    orders      what to train: a row of the catalog, changed within bounds
    folders     where a training of a visitor lies, under a name that nobody guesses
    progress    what a training says of itself, in a small file
    shots       what its network draws at the end of each epoch
    bench       the process's side: ``python -m genlab.workshop``
    watching    the server's side: start a process, speak to it, end it
    parcels     a result as one file that can be taken home and brought back
    timing      the same training on each device

The two sides share a folder and a pipe. The process reads words from its standard input ("pause", "go", …); when
that is closed, because the server or the visitor is gone, it leaves at once. What it needs to go on lies in the
folder after each epoch.
"""
