/** `decoder`, `vlan`, `pcap-file`, `capture`: from the wire to a packet. */
import { bool, integer, ports, section, toggle } from "../field.ts";

function tunnel(name: string, port: string) {
  return section(`${name} tunnels.`, {
    enabled: bool(`Look inside ${name}.`, true),
    ports: ports(`Ports on which ${name} is expected.`, port),
  });
}

const parent = (what: string) =>
  section(`${what}.`, {
    "track-parent-flow": bool("Name the outer flow as `parent_id` of the inner one.", false, { inert: true }),
  });

export const decoder = section("Packet decoding.", {
  teredo: tunnel("Teredo", "$TEREDO_PORTS"),
  vxlan: tunnel("VXLAN", "$VXLAN_PORTS"),
  geneve: tunnel("Geneve", "$GENEVE_PORTS"),
  vntag: section("802.1Qbh.", { enabled: bool("Look inside VN-Tag.", false, { inert: true }) }),
  erspan: section("ERSPAN.", { typeI: section("Type I.", { enabled: bool("Look inside ERSPAN type I.", false) }) }),
  ipv4: section("Tunnels in IPv4.", { "ipip-ipv4": parent("IPv4 in IPv4"), "ipip-ipv6": parent("IPv6 in IPv4") }),
  ipv6: section("Tunnels in IPv6.", { "ipip-ipv4": parent("IPv4 in IPv6"), "ipip-ipv6": parent("IPv6 in IPv6") }),
  "max-layers": integer("Tunnel layers looked into.", 16),
  "recursion-level": section("Tunnel depth.", {
    "use-for-tracking": bool("Tell flows of different tunnel depth apart.", true, { inert: true }),
  }),
});

export const vlan = section("VLANs.", {
  "use-for-tracking": bool("Tell flows of different VLANs apart.", true),
});

export const livedev = section("Capture devices.", {
  "use-for-tracking": bool("Tell flows of different devices apart.", true, { inert: true }),
});

const CHECKSUMS = ["auto"] as const;

export const pcapFile = section("Reading captures.", {
  "checksum-checks": toggle(
    "Check checksums. `auto`: unless more than a tenth of the first 1000 packets have wrong ones, as captures of an offloading host do.",
    CHECKSUMS,
    "auto",
  ),
});

export const capture = section("Capturing.", {
  "checksum-validation": toggle("Check checksums of captured frames.", ["auto", "kernel"], "auto", {
    inert: true,
  }),
  "disable-offloading": bool("Turn the network card's offloading off.", true, { inert: true }),
});
