/** The settings table (abi/settings.ts): the host writes it before `configure`, every room reads it while it configures itself. */
import { Setting } from "../abi/settings";

const table: usize = memory.data(Setting.COUNT * 4, 8);

/** Address of the first setting, an array of u32. */
export function settingsAddress(): usize {
  return table;
}

export function setting(index: Setting): u32 {
  return load<u32>(table + ((<usize>index) << 2));
}

/** For rooms' own tests; the host writes the table directly. */
export function putSetting(index: Setting, value: u32): void {
  store<u32>(table + ((<usize>index) << 2), value);
}
