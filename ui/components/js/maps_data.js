/** What the linked maps are made of, as the server sends it. */

import { fromHalf, tensors } from "./runtime.js";

const fetched = new Map();

/** The tensors of an address, pictures as floats in [0, 1]; fetched and unpacked once. */
export function known(url) {
  if (!fetched.has(url)) {
    const coming = tensors(url).then(({ pictures, ...others }) => {
      return pictures ? { ...others, pictures: Float32Array.from(pictures, (value) => value / 255) } : others;
    });
    coming.catch(() => fetched.delete(url));
    fetched.set(url, coming);
  }
  return fetched.get(url);
}

/** Base64 → bytes. */
export function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Base64 of float16 → floats; null stays null. */
export function halves(text) {
  return text ? fromHalf(bytes(text).buffer) : null;
}
