/** `host-os-policy` as words of the core's settings table (Setting.HostOsNetworks). */
import { HOST_OS_NETWORKS, HostOsNetwork, TargetOs } from "../../../assembly/abi/settings.ts";
import { parseIPv4, parseIPv6 } from "../../../compiler/ip.ts";
import type { Configuration } from "../config/schema/root.ts";
import { VpatchError } from "../errors.ts";

type Systems = Configuration["host-os-policy"];

const TARGETS: Readonly<Record<keyof Systems, TargetOs>> = {
  windows: TargetOs.Windows,
  bsd: TargetOs.Bsd,
  "bsd-right": TargetOs.BsdRight,
  "old-linux": TargetOs.OldLinux,
  linux: TargetOs.Linux,
  "old-solaris": TargetOs.OldSolaris,
  solaris: TargetOs.Solaris,
  hpux10: TargetOs.Hpux10,
  hpux11: TargetOs.Hpux11,
  irix: TargetOs.Irix,
  macos: TargetOs.Macos,
  vista: TargetOs.Vista,
  windows2k3: TargetOs.Windows2k3,
};

/** The words of all networks, in the order of the configuration. @throws VpatchError naming an address that is none, or when there are too many */
export function hostOsWords(systems: Systems): number[] {
  const words = Object.entries(systems).flatMap(([name, networks]) =>
    networks.flatMap((network) => entry(network, TARGETS[name as keyof Systems], `host-os-policy.${name}`)),
  );
  const count = words.length / HostOsNetwork.size;
  if (count > HOST_OS_NETWORKS) {
    throw new VpatchError("VPATCH_CONFIG", `host-os-policy: ${count} networks, there is room for ${HOST_OS_NETWORKS}`, {
      remedy: "join networks of the same system",
    });
  }
  return words;
}

function entry(network: string, system: TargetOs, where: string): number[] {
  const [address = "", length] = network.trim().split("/", 2);
  const version = address.includes(":") ? 6 : 4;
  const bits = version === 4 ? 32 : 128;
  const value = version === 4 ? parseIPv4(address) : parseIPv6(address);
  const prefix = length === undefined ? bits : Number(length);
  if (value === undefined || !Number.isInteger(prefix) || prefix < 0 || prefix > bits) {
    throw new VpatchError("VPATCH_CONFIG", `${where}: "${network}" is no address and no network`, {
      remedy: "write ADDRESS or ADDRESS/BITS, IPv4 or IPv6",
    });
  }
  return [system | (prefix << 8) | (version << 16), ...addressWords(value)];
}

/** The most significant word first; an IPv4 address is the first word. */
function addressWords(address: number | bigint): number[] {
  if (typeof address === "number") return [address, 0, 0, 0];
  return [96n, 64n, 32n, 0n].map((shift) => Number((address >> shift) & 0xffff_ffffn));
}
