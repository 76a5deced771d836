/** The counters (abi/counters.ts): an array of u64 the host may read between two batches. */
import { Counter } from "../abi/counters";

const table: usize = memory.data(Counter.COUNT * 8, 8);

/** Address of the first counter, an array of u64. */
export function countersAddress(): usize {
  return table;
}

export function countAdd(counter: Counter, amount: u64): void {
  const at = table + ((<usize>counter) << 3);
  store<u64>(at, load<u64>(at) + amount);
}

export function counted(counter: Counter): u64 {
  return load<u64>(table + ((<usize>counter) << 3));
}
