/** Debian version comparison (Debian Policy 5.6.12; agrees with apt_pkg, see test/scan/integration). */
import { compareDigits, type Order, orderOf } from "./order.ts";

interface DebianVersion {
  epoch: string;
  upstream: string;
  revision: string;
}

function split(version: string): DebianVersion {
  const text = version.trim();
  const colon = text.indexOf(":");
  const epoch = colon < 0 ? "0" : text.slice(0, colon);
  const rest = colon < 0 ? text : text.slice(colon + 1);
  const dash = rest.lastIndexOf("-");
  return {
    epoch: /^\d+$/.test(epoch) ? epoch : "0",
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    // An absent revision equals the revision "0".
    revision: dash < 0 ? "" : rest.slice(dash + 1),
  };
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Weight of a character in a non-digit part: `~` sorts before the end, letters before everything else. */
function weight(code: number): number {
  if (code === 126) return -1;
  if (Number.isNaN(code) || isDigit(code)) return 0;
  const letter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return letter ? code : code + 256;
}

function comparePart(a: string, b: string): Order {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a.charCodeAt(i))) || (j < b.length && !isDigit(b.charCodeAt(j)))) {
      const difference = weight(a.charCodeAt(i)) - weight(b.charCodeAt(j));
      if (difference !== 0) return orderOf(difference);
      i++;
      j++;
    }
    const startA = i;
    const startB = j;
    while (i < a.length && isDigit(a.charCodeAt(i))) i++;
    while (j < b.length && isDigit(b.charCodeAt(j))) j++;
    const order = compareDigits(a.slice(startA, i), b.slice(startB, j));
    if (order !== 0) return order;
  }
  return 0;
}

export function compareDpkg(a: string, b: string): Order {
  const x = split(a);
  const y = split(b);
  return compareDigits(x.epoch, y.epoch) || comparePart(x.upstream, y.upstream) || comparePart(x.revision, y.revision);
}
