"""The comparison of ``benchmarks.drag``: 32 numbers of a code as ``st.slider``, the picture as ``st.image``."""

import gc
import sys
from pathlib import Path

import streamlit as st
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from genlab import checkpoints


@st.cache_resource
def network():
    torch.set_num_threads(1)
    loaded = checkpoints.load("ae-mnist-z32")
    gc.collect()
    gc.freeze()
    return loaded


loaded = network()
codes = loaded.metrics["codes"]
place = st.empty()
low, high = codes["quantiles"]["0.01"], codes["quantiles"]["0.99"]
z = [st.slider(f"z{i + 1}", low[i], high[i], codes["mean"][i]) for i in range(32)]
with torch.inference_mode():
    image = loaded.model.decode(torch.tensor([z]))[0, 0]
place.image(image.numpy(), width=168)
