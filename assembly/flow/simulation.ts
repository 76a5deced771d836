/** Fault simulation (Suricata manual, "Command-line Options for Simulating Exceptions"): is it the frame at which a fault was asked for? */
import { Setting } from "../abi/settings";
import { setting } from "../memory/settings";
import { Packet } from "../wire/packet";

/** `fault`: a setting that names a frame by its number. */
export function simulates(fault: Setting, packet: Packet): bool {
  const frame = setting(fault);
  return frame != 0 && packet.number == <u64>frame;
}
