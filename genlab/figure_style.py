"""What all charts have in common: letters large enough for a projector."""

from __future__ import annotations

from typing import Any

AXIS: dict[str, Any] = {"tickfont": {"size": 15}, "title_font": {"size": 16}, "title_standoff": 12}

LAYOUT: dict[str, Any] = {
    "height": 430,
    "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
    "font": {"size": 16},
    "legend": {"orientation": "h", "y": -0.22, "x": 0, "font": {"size": 15}},
    "hovermode": "x unified",
}
