/** The heap alone. */
import { seal } from "../../assembly/memory/arena";
import {
  acquire,
  capAccount,
  capacityOf,
  configureHeap,
  refusedBy,
  release,
  resize,
  usedBy,
} from "../../assembly/memory/heap";

export { acquire, capAccount, capacityOf, refusedBy, release, resize, usedBy };

export function configure(bytes: u32): bool {
  const done = configureHeap(bytes);
  seal();
  return done;
}
