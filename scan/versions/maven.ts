/** Maven version order (Maven POM reference, "Version Order Specification"). */
import { compareDigits, compareText, type Order, orderOf } from "./order.ts";

type Item = { number: string } | { word: string } | Item[];

const qualifiers = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];
const release = qualifiers.indexOf("");
const aliases: Record<string, string> = { ga: "", final: "", release: "", cr: "rc" };
/** Shorthands that count only directly before a digit: 1.0a1 is 1.0-alpha-1, 1.0-a is a word of its own. */
const shorthands: Record<string, string> = { a: "alpha", b: "beta", m: "milestone" };

function wordItem(text: string, followedByDigit: boolean): Item {
  const word = (followedByDigit ? shorthands[text] : undefined) ?? text;
  return { word: aliases[word] ?? word };
}

const rank = (word: string): number => {
  const index = qualifiers.indexOf(word);
  return index < 0 ? qualifiers.length : index;
};

function isNull(item: Item): boolean {
  if (Array.isArray(item)) return item.length === 0;
  return "number" in item ? /^0*$/.test(item.number) : item.word === "";
}

/** Drops trailing nulls ("0", "", "final", "ga") of a list and before each sub-list. */
function normalize(list: Item[]): void {
  for (let i = list.length - 1; i >= 0; i--) {
    const item = list[i]!;
    if (isNull(item)) list.splice(i, 1);
    else if (!Array.isArray(item)) break;
  }
}

function parse(version: string): Item[] {
  const text = version.trim().toLowerCase();
  const root: Item[] = [];
  const lists = [root];
  let list = root;
  const descend = (): void => {
    const next: Item[] = [];
    list.push(next);
    list = next;
    lists.push(next);
  };
  const item = (token: string, digits: boolean): Item => (digits ? { number: token } : wordItem(token, false));
  let start = 0;
  let digits = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === "." || c === "-") {
      list.push(i === start ? { number: "0" } : item(text.slice(start, i), digits));
      start = i + 1;
      if (c === "-") descend();
    } else if (c >= "0" && c <= "9") {
      if (!digits && i > start) {
        list.push(wordItem(text.slice(start, i), true));
        start = i;
        descend();
      }
      digits = true;
    } else {
      if (digits && i > start) {
        list.push({ number: text.slice(start, i) });
        start = i;
        descend();
      }
      digits = false;
    }
  }
  if (start < text.length) list.push(item(text.slice(start), digits));
  for (const each of lists.reverse()) normalize(each);
  return root;
}

function compareItems(a: Item | undefined, b: Item | undefined): Order {
  if (a === undefined) return b === undefined ? 0 : (-compareItems(b, a) as Order);
  if (Array.isArray(a)) {
    if (Array.isArray(b)) {
      for (let i = 0; i < Math.max(a.length, b.length); i++) {
        const order = compareItems(a[i], b[i]);
        if (order !== 0) return order;
      }
      return 0;
    }
    if (b !== undefined) return "number" in b ? -1 : 1;
    for (const item of a) {
      const order = compareItems(item, undefined);
      if (order !== 0) return order;
    }
    return 0;
  }
  if ("number" in a) {
    if (b === undefined) return isNull(a) ? 0 : 1;
    return !Array.isArray(b) && "number" in b ? compareDigits(a.number, b.number) : 1;
  }
  if (b === undefined) return orderOf(rank(a.word) - release);
  if (Array.isArray(b) || "number" in b) return -1;
  const order = orderOf(rank(a.word) - rank(b.word));
  return order !== 0 || rank(a.word) < qualifiers.length ? order : compareText(a.word, b.word);
}

export function compareMaven(a: string, b: string): Order {
  return compareItems(parse(a), parse(b));
}
