/** The ABI: every export of the core, and nothing else. */
import { ABI_VERSION } from "./abi/codes";

/** Version of the ABI: major in the upper 16 bits, minor in the lower 16. */
export function abi_version(): u32 {
  return ABI_VERSION;
}
