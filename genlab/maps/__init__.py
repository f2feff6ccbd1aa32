"""Maps: vectors of many numbers, such as codes or pixels, as points in the plane.

    plane = fit_plane(x)                         # PCA: plane.project(x), plane.restore(points)
    for step in making(x, labels, settings): …   # t-SNE or UMAP, a step at a time; the last one holds the map
    measures = measure(x, points, labels)        # trustworthiness, continuity, k-NN accuracy, …
    place(new, x, points)                        # where a new vector belongs on a map that is there

Plain arrays in and out; whose codes they are, is the matter of ``genlab.mapping``.
"""

from genlab.maps.making import Made, Step, making
from genlab.maps.methods import LOOKS, METHODS, MOST_POINTS, MapSettings
from genlab.maps.placing import Placed, place
from genlab.maps.plane import Plane, fit_plane
from genlab.maps.quality import NEIGHBOURS, knn_accuracy, measure
from genlab.maps.shelf import Shelf, read_shelf, write_shelf

__all__ = [
    "LOOKS",
    "METHODS",
    "MOST_POINTS",
    "NEIGHBOURS",
    "Made",
    "MapSettings",
    "Placed",
    "Plane",
    "Shelf",
    "Step",
    "fit_plane",
    "knn_accuracy",
    "making",
    "measure",
    "place",
    "read_shelf",
    "write_shelf",
]
