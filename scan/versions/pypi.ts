/** Python version order (PEP 440). A version that is not PEP 440 sorts before all that are, by its text. */
import { compareDigits, compareText, type Order, orderOf } from "./order.ts";

const pattern =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|beta|preview|pre|a|b|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/;

interface PythonVersion {
  epoch: string;
  release: string[];
  /** Phase: dev release of the version itself 0, a 1, b 2, rc 3, final 4. */
  phase: number;
  phaseNumber: string;
  /** `undefined`: no such part. */
  post: string | undefined;
  dev: string | undefined;
  local: string[] | undefined;
}

function parse(text: string): PythonVersion | undefined {
  const m = pattern.exec(text.trim().toLowerCase());
  if (!m) return undefined;
  const post = m[5] ?? (m[6] === undefined ? undefined : m[7] || "0");
  const dev = m[8] === undefined ? undefined : m[9] || "0";
  const tag = m[3];
  let phase = tag === undefined ? 4 : tag === "a" || tag === "alpha" ? 1 : tag === "b" || tag === "beta" ? 2 : 3;
  if (tag === undefined && post === undefined && dev !== undefined) phase = 0;
  return {
    epoch: m[1] ?? "0",
    release: m[2]!.split("."),
    phase,
    phaseNumber: m[4] || "0",
    post,
    dev,
    local: m[10]?.split(/[-_.]/),
  };
}

function compareRelease(a: readonly string[], b: readonly string[]): Order {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = compareDigits(a[i] ?? "0", b[i] ?? "0");
    if (order !== 0) return order;
  }
  return 0;
}

/** An absent part sorts before (`absent` -1) or after (1) any present one. */
function compareOptional(a: string | undefined, b: string | undefined, absent: -1 | 1): Order {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? absent : (-absent as Order);
  return compareDigits(a, b);
}

function compareLocal(a: readonly string[] | undefined, b: readonly string[] | undefined): Order {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const x = a[i];
    const y = b[i];
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    const numberX = /^\d+$/.test(x);
    const numberY = /^\d+$/.test(y);
    if (numberX !== numberY) return numberX ? 1 : -1;
    const order = numberX ? compareDigits(x, y) : compareText(x, y);
    if (order !== 0) return order;
  }
  return 0;
}

export function comparePypi(a: string, b: string): Order {
  const x = parse(a);
  const y = parse(b);
  if (!x || !y) return x ? 1 : y ? -1 : compareText(a.trim(), b.trim());
  return (
    compareDigits(x.epoch, y.epoch) ||
    compareRelease(x.release, y.release) ||
    orderOf(x.phase - y.phase) ||
    compareDigits(x.phaseNumber, y.phaseNumber) ||
    compareOptional(x.post, y.post, -1) ||
    compareOptional(x.dev, y.dev, 1) ||
    compareLocal(x.local, y.local)
  );
}
