/**
 * Brings what is a visitor's own, such as a network from the training lab, and shows nothing.
 *
 * data: {address, content}: content is base64 of a file as `runtime.js` reads it, under an address that parts ask for.
 */

import { bring } from "./runtime.js";

export default ({ parentElement, data }) => {
  bring(data.address, data.content);
  const own = parentElement.getRootNode().host ?? parentElement;
  own.closest("[data-testid='stElementContainer']")?.style.setProperty("display", "none"); // or it leaves a gap
};
