/** The hash by which names (flowbits, variables, datasets, frames) stand in the database. */

/** FNV-1a, 32 bits, over the UTF-8 bytes. http://www.isthe.com/chongo/tech/comp/fnv/ */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, "utf8")) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
