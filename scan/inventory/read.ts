/** Reads an inventory file, checking what the matcher relies on. */
import { type Component, evidenceConfidence, type Inventory, inventorySchema } from "./types.ts";

/** Throws an `Error` that names the file, the place and what is wrong. */
export function readInventory(text: string, file: string): Inventory {
  let data: Inventory;
  try {
    data = JSON.parse(text) as Inventory;
  } catch (error) {
    throw new Error(`${file}: not JSON, or cut off: ${error instanceof Error ? error.message : error}`);
  }
  if (data?.schema !== inventorySchema)
    throw new Error(`${file}: schema: is ${data?.schema}, must be ${inventorySchema}`);
  const check = (holds: boolean, place: string, needed: string): void => {
    if (!holds) throw new Error(`${file}: ${place}: ${needed}`);
  };
  check(typeof data.host?.name === "string", "host.name", "a text is needed");
  for (const list of ["collectors", "components", "listeners"] as const) {
    check(Array.isArray(data[list]), list, "a list is needed");
  }
  data.components.forEach((component, index) => {
    checkComponent(component, (holds, field, needed) => check(holds, `components[${index}].${field}`, needed));
  });
  data.listeners.forEach((listener, index) => {
    const at = `listeners[${index}]`;
    check(listener.protocol === "tcp" || listener.protocol === "udp", `${at}.protocol`, "tcp or udp");
    check(Number.isInteger(listener.port) && listener.port > 0 && listener.port < 65_536, `${at}.port`, "1 to 65535");
    check(typeof listener.address === "string", `${at}.address`, "a text is needed");
    check(Array.isArray(listener.components), `${at}.components`, "a list is needed");
  });
  return data;
}

function checkComponent(component: Component, check: (holds: boolean, field: string, needed: string) => void): void {
  for (const field of ["id", "purl", "type", "name", "version", "root"] as const) {
    check(typeof component[field] === "string", field, "a text is needed");
  }
  check(Array.isArray(component.paths), "paths", "a list is needed");
  check(Object.hasOwn(evidenceConfidence, component.evidence?.kind), "evidence.kind", "an evidence kind is needed");
  const states = ["running", "loaded", "installed", "unknown"];
  check(states.includes(component.usage?.state), "usage.state", `one of ${states.join(", ")}`);
  check(Array.isArray(component.usage?.pids), "usage.pids", "a list is needed");
}
