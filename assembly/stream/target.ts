/** The operating system that receives a half: it decides what becomes of odd packets (host-os-policy). */
import { hostOs } from "./configuration";
import { Half } from "./session";

/** TargetOs of the receiver; settled at the first question. */
export function targetOf(h: Half): u32 {
  if (h.target == 0) h.target = <u8>(hostOs + 1);
  return h.target - 1;
}
