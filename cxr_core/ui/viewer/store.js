// Keeps the film in the browser: a click on a finding then sends its map alone. The bytes are a head of JSON, its
// length in the first four, and the pixels.
const MOST = 4; // films kept; a film that is shown again is sent again

export default function ({ data, parentElement }) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  const end = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, end)));
  const raw = bytes.slice(end); // a copy, which lies as 16 bits need it
  const films = (globalThis.hilumFilms ??= new Map());
  films.delete(head.film);
  films.set(head.film, { ...head, pixels: head.depth === 2 ? new Uint16Array(raw.buffer) : raw });
  for (const film of films.keys()) { if (films.size <= MOST) break; films.delete(film); }
  globalThis.dispatchEvent(new Event("hilum-film"));
  parentElement.querySelector(".film-store").dataset.film = head.film.slice(0, 8);
}
