/** A core that stops on a marker: the real one, instrumented from outside. Nothing in the real core knows of it. */
import { Frame } from "../../assembly/abi/frames.ts";
import { type CoreBinary, coreBinary } from "../../hosts/node/engine/core.ts";

export const MARKER = "STOP-THE-CORE";

/** A module whose only function is `unreachable`: a true trap. */
const TRAP = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0],
  ...[7, 5, 1, 1, 0x74, 0, 0, 10, 5, 1, 3, 0, 0, 0x0b],
);

/** Inspects frame by frame and traps before the first that carries the marker. */
export function stoppingCore(): CoreBinary {
  const real = coreBinary();
  const trap = new WebAssembly.Instance(new WebAssembly.Module(TRAP)).exports.t as () => void;
  return {
    build: "stopping",
    digest: real.digest,
    instantiate(abort) {
      const core = real.instantiate(abort);
      const carriesMarker = (slot: number): boolean => {
        const view = new DataView(core.memory.buffer);
        const record = core.slots_address() + slot * Frame.size;
        const data = view.getUint32(record + Frame.data, true);
        const length = view.getUint32(record + Frame.length, true);
        return Buffer.from(core.memory.buffer, data, length).includes(MARKER);
      };
      return {
        ...core,
        inspect(first: number, count: number): number {
          let done = 0;
          for (; done < count; done++) {
            if (carriesMarker(first + done)) trap();
            if (core.inspect(first + done, 1) === 0) break;
          }
          return done;
        },
      };
    },
  };
}
