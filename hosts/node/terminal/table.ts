/** Tables for people. */
import Table from "cli-table3";

/** A table without inner lines; numbers stand to the right. */
export function formatTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const numeric = head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"));
  const table = new Table({
    head: head.some((title) => title !== "") ? [...head] : [],
    colAligns: numeric.map((right) => (right ? "right" : "left")),
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => row.map((cell) => (typeof cell === "number" ? cell.toLocaleString("en-US") : cell))));
  return table.toString();
}
