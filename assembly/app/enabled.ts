/** Which protocols are switched on (app-layer.protocols.P.enabled). */
import { Setting } from "../abi/settings";
import { setting } from "../memory/settings";

/** Is the protocol switched on (yes or detection-only)? */
export function isEnabled(proto: u32): bool {
  const bits = setting(proto < 32 ? Setting.AppEnabledLow : Setting.AppEnabledHigh);
  return ((bits >> (proto & 31)) & 1) != 0;
}

/** Is it only detected, not parsed (detection-only)? */
export function isDetectOnly(proto: u32): bool {
  const bits = setting(proto < 32 ? Setting.AppDetectOnlyLow : Setting.AppDetectOnlyHigh);
  return ((bits >> (proto & 31)) & 1) != 0;
}
