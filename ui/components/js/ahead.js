/**
 * Loads what pages will need, while the browser has nothing else to do: what all components begin with, and those of
 * Streamlit's own modules that the address of this one names, as ?load=. A page that needs one asks for it again, so
 * nothing is said of one that fails.
 */

const own = document.querySelector('script[type="module"][src*="static/js/"]');
const late = window.requestIdleCallback ?? setTimeout;
const names = own && !navigator.connection?.saveData ? new URL(import.meta.url).searchParams.getAll("load") : [];
for (const url of [new URL("kit.js", import.meta.url), ...names.map((name) => new URL(name, own.src))]) {
  late(() => import(url).catch(() => {}));
}
