/** The operating system that receives a half: it decides what becomes of odd packets (host-os-policy). */
import { TargetOs } from "../abi/settings";
import { targetOs } from "../flow/target_os";
import { Packet } from "../wire/packet";
import { Half } from "./session";

/** TargetOs that stands for `os` where TCP is concerned. */
function tcpTarget(os: u32): u32 {
  if (os == TargetOs.BsdRight) return TargetOs.Bsd;
  return os == TargetOs.OldSolaris ? TargetOs.Solaris : os;
}

/** TargetOs of the host that receives `packet`. Settled for the half by the first packet that asks, as in Suricata. */
export function targetOf(h: Half, packet: Packet): u32 {
  if (h.target == 0) h.target = <u8>(tcpTarget(targetOs(packet)) + 1);
  return h.target - 1;
}
