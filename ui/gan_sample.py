"""The lesson on sampling: sheets of new pictures, one after the other if wished, and what was measured of each GAN."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from ui import gan, turns
from ui.address import choose
from ui.components.gan_parts import sheet
from ui.gan import DRAW, Kind, Wish
from ui.i18n import _, number
from ui.judge import fitting, judge_or_none, percent
from ui.random_codes import DRAWS, draw_number

NOTHING = "none"
GOING = "gan_going"  # in the session: whether one sheet follows the other
TICKS = "gan_ticks"  # how many have, since the draw in the address
TIRED = "gan_tired"  # whether that is enough
FRESH = "gan_fresh"  # whether the whole view is being drawn, and not the next sheet
LAST = "gan_last"  # the draw that was shown last
LATE = "gan_late"  # how many sheets were asked for after the last one
PACE = 1.5  # seconds for a sheet
MOST = 40  # sheets in a row


def sample() -> None:
    """Controls, one or two sheets, and the table."""
    kinds = gan.here()
    kind = gan.choose_kind(kinds)
    wish = Wish(name=kind.name, draw=1, label=gan.choose_class(kind.name))
    left, right = st.columns(2, gap="large")
    with left:
        wish = replace(wish, psi=gan.choose_psi())
    with right:
        wish = replace(wish, epoch=gan.choose_epoch(kind.name))
    wishes = [(kind, wish)]
    others = {key: other for key, other in kinds.items() if other != kind}
    if others:
        titles = {NOTHING: "–"} | {key: _(other.title) for key, other in others.items()}
        beside = choose(_("Beside it, the same noise"), titles, key="beside", default=NOTHING, round_=True)
        if beside != NOTHING:
            wishes.append((others[beside], replace(wish, name=others[beside].name, epoch=None)))
    going = buttons()
    judge_or_none()
    st.session_state[FRESH] = True
    st.fragment(_sheets, run_every=PACE if going else None)(wishes)
    said_of(wishes)
    table(kinds, [one.name for one, _wish in wishes])


def buttons() -> bool:
    """New noise once, or again and again; whether the latter."""
    if st.session_state.pop(TIRED, False):
        _settle()
        st.session_state[GOING] = False
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_("New noise"), on_click=_next, key="noise_button", icon=":material/casino:", type="primary")
        return st.toggle(_("Keep drawing"), key=GOING, on_change=_settle)


def draw_now() -> int:
    """The draw in the address, and as many further as sheets have followed by themselves."""
    return (draw_number(DRAW) - 1 + st.session_state.get(TICKS, 0)) % DRAWS + 1


def _settle() -> None:
    """The address learns which draw is shown."""
    draw = draw_now()
    st.session_state[TICKS] = 0
    if draw != draw_number(DRAW):
        st.query_params[DRAW] = str(draw)


def _next() -> None:
    _settle()
    gan.next_draw()


def _sheets(wishes: list[tuple[Kind, Wish]]) -> None:
    """The sheets; drawn by itself, the next ones."""
    state = st.session_state
    if state.pop(FRESH, False):
        state[LATE] = 0
        _show(wishes, draw_now())
        return
    if not state.get(GOING):  # asked for before the switch was off: the browser may not know the address yet
        state[LATE] += 1
        if state[LATE] > 1:
            st.rerun()
        _show(wishes, state.get(LAST, draw_now()))
        return
    state[TICKS] = state.get(TICKS, 0) + 1
    if state[TICKS] > MOST:
        state[TIRED] = True
        st.rerun()
    with turns.one_at_a_time:
        _show(wishes, draw_now())


def _show(wishes: list[tuple[Kind, Wish]], draw: int) -> None:
    st.session_state[LAST] = draw
    columns = st.columns(len(wishes), gap="large")
    for column, (kind, wish), key in zip(columns, wishes, ("sheet", "second"), strict=False):
        with column:
            if len(wishes) > 1:
                st.markdown(f"**{_(kind.title)}**")
            sheet(wish.name, gan.drawn(replace(wish, draw=draw)), key=f"gan_{key}")


def said_of(wishes: list[tuple[Kind, Wish]]) -> None:
    """What stands under the pictures, and where ψ is from."""
    st.caption(
        _(
            "Under each picture: the digit that a classifier reads, and how real its own discriminator D, as it was at "
            "the end of the training, takes it to be: $\\sigma(D(x))$."
        )
    )
    games = {gan.network(wish.name).train.game for _kind, wish in wishes}
    if "wasserstein" in games:
        st.caption(
            _("A Wasserstein critic knows no “real” and “generated”: its scores have no zero, only their order counts.")
        )
    if games & {"hinge", "least_squares"}:
        st.caption(
            _(
                "With the hinge loss, $D(x)$ is a score and $\\sigma(D(x))$ no probability: above 50 % it says “real”, "
                "and near 50 % it can hardly tell."
            )
        )
    st.caption(
        _(
            "Truncation (Brock, Donahue & Simonyan 2019, section 3.1): with a small ψ the pictures come from the "
            "middle of the noise. They get better and more alike."
        )
    )


# --------------------------------------------------------------------------------------- measures
def table(kinds: dict[str, Kind], chosen: list[str]) -> None:
    """What was measured of each GAN, the chosen ones in bold."""
    found = {kind: fitting(gan.network(kind.name)) for kind in kinds.values()}
    measured = {kind: one for kind, one in found.items() if one.get("ways")}
    if not measured:
        st.warning(_("These networks’ random pictures have not been measured. Run: python -m genlab evaluate"))
        return
    told = any("agreement" in one for one in measured.values())
    heads = ["", _("FD"), _("Precision"), _("Coverage"), _("Digits found"), *([_("As told")] if told else [])]
    lines = ["| " + " | ".join(heads) + " |", "| :-- " + "| --: " * (len(heads) - 1) + "|"]
    for kind, one in measured.items():
        mark = "**" if kind.name in chosen else ""
        cells = [_(kind.title), *_cells(next(reversed(one["ways"].values())))]
        if told:
            cells.append(_agreement(one))
        lines.append("| " + " | ".join(f"{mark}{cell}{mark}" for cell in cells) + " |")
    st.html("<style>[data-testid='stMarkdownContainer'] table { display: block; overflow-x: auto; }</style>")
    first = next(iter(measured.values()))
    floor = [_("Real"), *_cells(first["floor"]), *(["–"] if told else [])]
    st.markdown("\n".join([*lines, "| " + " | ".join(floor) + " |"]))
    st.caption(
        _(
            "Of {count} random pictures each, not truncated, against the 10,000 test pictures, in the classifier’s "
            "features. FD, Fréchet distance: the smaller, the more alike as a whole. Precision: the part that lies "
            "among real digits. Coverage: the part of the real digits that is reached. Digits found: those that at "
            "least 2 % of the pictures are read as. Real: as many training pictures."
        ).format(count=number(first["count"]))
    )


def _cells(found: dict[str, Any]) -> list[str]:
    from genlab.health import drawn

    return [
        number(found["fd"], 1),
        f"{percent(found['precision'])} %",
        f"{percent(found['coverage'])} %",
        _("{n} of {all}").format(n=drawn(found["classes"]), all=len(found["classes"])),
    ]


def _agreement(found: dict[str, Any]) -> str:
    """The part of pictures that are read as the digit that was asked for."""
    each = found.get("agreement")
    return f"{number(100 * sum(each) / len(each), 1)} %" if each else "–"
