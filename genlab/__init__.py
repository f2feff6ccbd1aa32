"""genlab: autoencoders, variational autoencoders and GANs, to be shown, dragged and understood.

The way of the data: dataset → model → numbers → picture → page. ``ARCHITECTURE.md`` has the map.
"""

__version__ = "0.1.0"
