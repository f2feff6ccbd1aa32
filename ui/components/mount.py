"""Mounts a browser component: one small loader for all, which imports the ES module that does the work.

    found = mount("sliders", key="code", data={…}, words={…}, values=["code"])
    found["code"]      # what the visitor last let go of, or None

What comes back is a visitor's JSON and may be anything: whoever reads it checks it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ui.components.publish import publish_modules
from ui.i18n import _, language

LOADER = """
export default async function (streamlit) {
  const { parentElement, setStateValue } = streamlit;
  const data = JSON.parse(streamlit.data.json);
  let module;
  try {
    module = await import(new URL(data.module, document.baseURI));
  } catch (error) {
    console.warn(`genlab: ${error.message}`);
    parentElement.genlab ??= document.createElement("p");
    parentElement.genlab.textContent = data.words.broken;
    parentElement.genlab.role = "alert";
    parentElement.append(parentElement.genlab);
    setStateValue("failed", "module");
    return;
  }
  if (parentElement.genlab) {
    parentElement.genlab.remove();
    delete parentElement.genlab;
    setStateValue("failed", null);
  }
  return module.default({ ...streamlit, data });
}
"""

_component = st.components.v2.component("genlab", js=LOADER)


def mount(
    module: str, *, key: str, data: Mapping[str, Any], words: Mapping[str, str], values: Sequence[str]
) -> dict[str, Any]:
    """Show a component.

    Args:
        module: file of ``ui/components/js`` without its ending.
        key: the widget's.
        data: for the module, JSON.
        words: what it writes, translated.
        values: names of what it sends on release.

    Returns:
        The values by name, None before the first release; and ``failed``, why the browser could not show it, or None.

    Raises:
        PublishError: the modules cannot be put where the browser finds them.
    """
    address = f"{publish_modules()}/{module}.js"
    broken = _("Your browser could not load this part, so the server answers below. Reload the page to try again.")
    sent = {
        "module": address,
        "key": key,
        "words": {"lang": language(), "broken": broken, **words},
        **data,
    }
    names = [*values, "failed"]
    callbacks: dict[str, Any] = {f"on_{name}_change": _nothing for name in names}
    text = json.dumps(sent)  # a text, or Streamlit imports pandas to see whether a value is a table
    result = _component(key=key, data={"json": text}, **callbacks)
    return {name: result.get(name) for name in names}


def said(key: str, name: str) -> Any:
    """What a component sent last, before it is drawn in this run: for those whose data depend on it. Not checked."""
    known = st.session_state.get(key)
    return known.get(name) if isinstance(known, Mapping) else None


def _nothing() -> None:
    """Streamlit reports only values that have a callback."""
