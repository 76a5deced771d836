/** Faults of the core itself, simulated (`vpatch.simulate.core-stop`, `core-hang`): to try out what contains them. */
import { Frame } from "../../../assembly/abi/frames.ts";
import type { Configuration } from "../config/schema/root.ts";
import type { CoreExports } from "./core.ts";
import { compileModule, instantiate } from "./webassembly.ts";

/**
 * Two functions: `stop` is `unreachable`, a true trap; `hang` is a loop without an end.
 *
 *     (module (func (export "stop") unreachable) (func (export "hang") (loop br 0)))
 */
const FAULTS = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 3, 2, 0, 0],
  ...[7, 15, 2, 4, 0x73, 0x74, 0x6f, 0x70, 0, 0, 4, 0x68, 0x61, 0x6e, 0x67, 0, 1],
  ...[10, 13, 2, 3, 0, 0, 0x0b, 7, 0, 3, 0x40, 0x0c, 0, 0x0b, 0x0b],
);

/** The core, which stops or hangs when it comes to the frame that the configuration names; itself when it names none. */
export function withSimulatedFaults(core: CoreExports, { vpatch: { simulate } }: Configuration): CoreExports {
  const { "core-stop": stop, "core-hang": hang } = simulate;
  if (stop === undefined && hang === undefined) return core;
  const faults = instantiate<{ stop: () => void; hang: () => void }>(compileModule(FAULTS), () => {});
  return {
    ...core,
    inspect(first: number, count: number): number {
      const view = new DataView(core.memory.buffer);
      for (let slot = first; slot < first + count; slot++) {
        const number = Number(view.getBigUint64(core.slots_address() + slot * Frame.size + Frame.number, true));
        if (number !== stop && number !== hang) continue;
        // What comes before is inspected first, as it would be.
        if (slot > first) return core.inspect(first, slot - first);
        if (number === stop) faults.stop();
        else faults.hang();
      }
      return core.inspect(first, count);
    },
  };
}
