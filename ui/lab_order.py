"""What a visitor wants to train: model, data set, and their settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from genlab import data
from genlab.catalog import CATALOG, Entry
from genlab.config import JudgeConfig, ModelConfig, TrainConfig
from genlab.errors import ConfigError, GenlabError
from genlab.workshop.orders import Order, changed, check_size, fitted, fitting, makes_its_length, suggested
from ui import address, architecture
from ui.i18n import N_, _, explain, n_, number
from ui.lab_fields import MAIN, control, model_fields, train_fields

KINDS = {
    "ae": (N_("Autoencoders"), ("autoencoder", "nested", "stacked", "closed_form")),
    "family": (N_("Denoising, sparse"), ("denoising", "penalised")),
    "vae": (N_("VAEs"), ("vae", "conditional", "importance", "mixture")),
    "gan": (N_("GANs"), ("gan",)),
    "classifier": (N_("Classifier"), ("classifier",)),
}
FIRST = {"ae": "ae-textbook-mnist-z64", "vae": "vae-textbook-mnist-z20", "gan": "gan-textbook-mnist"}
MODEL, FAMILY, CHOSEN = "model", "family", "lab_model"
PIXELS_FIT = (28, 28)


def rows(kind: str) -> list[str]:
    """The catalog's rows of a kind."""
    return [name for name, entry in CATALOG.items() if entry.step in KINDS[kind][1]]


def kind_of(name: str) -> str:
    """The kind that a row belongs to."""
    return next(kind for kind, (_title, steps) in KINDS.items() if CATALOG[name].step in steps)


def choose() -> tuple[Entry, str]:
    """Kind, row and data set; kept in the address.

    Raises:
        ConfigError: no data set here fits the row.
    """
    asked = st.query_params.get(MODEL)
    if asked not in CATALOG:
        asked = None
    if asked and FAMILY not in st.query_params and asked != st.session_state.get(CHOSEN):
        st.query_params[FAMILY] = kind_of(asked)
    kinds = {kind: _(title) for kind, (title, _steps) in KINDS.items() if rows(kind)}
    kind = address.choose(_("Kind"), kinds, key=FAMILY, default="ae", own=True)
    left, right = st.columns([2, 3], gap="large")
    with left:
        entry = choose_row(kind, asked)
    with right:
        return entry, choose_data(entry)


def choose_row(kind: str, asked: str | None) -> Entry:
    """A row of the catalog, of one kind."""
    names, key = rows(kind), f"lab_model_{kind}"
    if address.went_back() or st.session_state.get(key) not in names:
        first = FIRST.get(kind, names[0])
        st.session_state[key] = asked if asked in names else first if first in names else names[0]
    else:  # said at each run: a browser that misses it when two follow at once would show another
        st.session_state[key] = st.session_state[key]
    titles = {name: title_of(name) for name in names}  # in this visitor's language, whoever asks for them
    name: str = st.selectbox(_("Model"), names, format_func=titles.__getitem__, key=key)
    st.session_state[CHOSEN] = name
    if name == FIRST["ae"]:
        st.query_params.pop(MODEL, None)
    elif asked != name:
        st.query_params[MODEL] = name
    return CATALOG[name]


def title_of(name: str) -> str:
    """A row for people."""
    return f"{_(CATALOG[name].title)} · {name}"


def choose_data(entry: Entry) -> str:
    """A data set that is here and fits.

    Raises:
        ConfigError: none is.
    """
    names = fitting(entry)
    if not names:
        raise ConfigError("No data set on this machine fits this network.")
    titles = {name: short_title(name) for name in names}
    default = "digits" if "digits" in names else names[0]
    return address.choose(_("Data set"), titles, key="data", default=default)


def short_title(dataset: str) -> str:
    """What a data set is called, without what stands in parentheses."""
    return _(data.describe(dataset).title).partition(" (")[0]


def choose_order(entry: Entry, dataset: str) -> Order | None:
    """All settings; None, after a sentence, where they do not go together."""
    train = suggested(entry, dataset)
    place = f"lab {entry.name} {dataset}"
    try:
        train = main_settings(entry, train, place)
        window = stop_rule(place, train.game) if entry.step == "gan" else 0
        with st.expander(_("More settings"), icon=":material/tune:"):
            train = more_settings(entry, train, place)
        with st.expander(_("Architecture"), icon=":material/account_tree:"):
            model = architecture_settings(entry, fitted(entry, dataset), place)
        order = Order(entry=entry.name, model=model, train=train, device=choose_device(place), window=window)
        size = check_size(model)
    except GenlabError as error:
        st.error(explain(error))
        return None
    parameters = n_("{n} parameter", "{n} parameters", size).format(n=number(size))
    st.caption(
        _("{parameters}. As shipped: {epochs} epochs of {title}.").format(
            parameters=parameters,
            epochs=number(entry.train.epochs),
            title=_(data.describe(entry.train.dataset).title),
        )
        if train_fields(entry.step)
        else parameters + "."
    )
    return order


def main_settings(entry: Entry, train: TrainConfig, place: str) -> TrainConfig:
    """The few that matter most."""
    if not train_fields(entry.step):
        st.caption(_("Solved at once: there is nothing to set."))
        return train
    return settings(train, MAIN, place, entry.step, columns=1)


def more_settings(entry: Entry, train: TrainConfig, place: str) -> TrainConfig:
    """The others."""
    names = train_fields(entry.step)
    if not names:
        st.caption(_("Solved at once: there is nothing to set."))
    return settings(train, names, place, entry.step)


def settings(train: TrainConfig, names: tuple[str, ...], place: str, step: str, columns: int = 2) -> TrainConfig:
    """Controls side by side.

    Raises:
        ConfigError: a value is out of bounds.
    """
    found: dict[str, Any] = {}
    cells = st.columns(columns) if columns > 1 else [st.container()]
    for n, name in enumerate(names):
        with cells[n % columns]:
            found[name] = control(train, name, key=f"{place} {name}", step=step)
    return replace(train, **found)


def architecture_settings(entry: Entry, model: ModelConfig, place: str) -> ModelConfig:
    """The network's own settings, and a drawing of what they make.

    Raises:
        ConfigError: they are out of bounds, or do not go together.
    """
    if entry.base:
        st.caption(
            _("It begins with the weights of {base}, so its architecture stays as it is.").format(base=entry.base)
        )
        return model
    without = ("latent_dim",) if makes_its_length(model) else ()
    found: dict[str, Any] = {}
    cells = st.columns(2)
    for n, name in enumerate(model_fields(model, without=without)):
        with cells[n % 2]:
            found[name] = control(model, name, key=f"{place} {name}")
    model = changed(model, **found)
    check_size(model)
    architecture.draw(model)
    return model


def stop_rule(place: str, game: str) -> int:
    """For how many steps the discriminator must be undecided; 0 where the rule is off, or a critic only compares."""
    from genlab.adversarial import GAMES

    if GAMES[game].verdict is None:
        return 0
    on = st.toggle(
        _("Stop when D cannot tell any more"),
        key=f"{place} rule",
        help=_("The course’s rule: its accuracy on real and generated pictures stays within 50 ± 5 %."),
        persist_state="session",
    )
    if not on:
        return 0
    steps = st.select_slider(
        _("for so many steps in a row"),
        (5, 10, 20, 50, 100, 200, 500),
        value=20,
        key=f"{place} window",
        persist_state="session",
    )
    return int(steps or 20)


def choose_device(place: str) -> str:
    """Where to train, if there is a choice."""
    from genlab import device

    best = device.pick().type
    if best == "cpu":
        return "cpu"
    names = {best: device.describe(device.pick(best)), "cpu": device.describe(device.pick("cpu"))}
    return address.choose(_("Device"), names, key="device", default=best)


def suits_lessons(model: ModelConfig) -> bool:
    """Whether a network reads the lessons’ digits."""
    return model.image_shape == (1, *PIXELS_FIT) and not isinstance(model, JudgeConfig)
