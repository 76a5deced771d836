"""The host's devices: a TAP device, and behind it one for each tag and tunnel of `tunnel_tricks.ts`, in a network of its own."""

import subprocess
from typing import NamedTuple

HOST_MAC, CLIENT_MAC = "02:00:00:00:00:02", "02:00:00:00:00:01"
ENDS = "local 198.51.100.2 remote 198.51.100.1"
ENDS6 = "local 2001:db8:100::2 remote 2001:db8:100::1"


class Network(NamedTuple):
    """Addresses 10.9.THIRD.0/24 and their like in IPv6; the devices they are on; what `ip` makes these of; whether they have neighbours."""

    third: int
    ipv4: str
    ipv6: str
    commands: tuple = ()
    ethernet: bool = True


PLAIN = Network(0, "tap0", "tap0")
CARRIERS = (
    Network(10, "vlan", "vlan", ("link add link tap0 name vlan type vlan id 7",)),
    Network(
        11,
        "inner",
        "inner",
        (
            "link add link tap0 name outer type vlan proto 802.1ad id 7",
            "link set outer up",
            "link add link outer name inner type vlan id 9",
        ),
    ),
    Network(12, "ipip", "sit", (f"link add ipip type ipip {ENDS}", f"link add sit type sit {ENDS}"), False),
    Network(13, "tnl6", "tnl6", (f"link add tnl6 type ip6tnl mode any {ENDS6} encaplimit none",), False),
    Network(14, "gre", "gre", (f"link add gre type gre {ENDS}",), False),
    Network(15, "keyed", "keyed", (f"link add keyed type gre {ENDS} key 7 csum",), False),
    Network(16, "gre6", "gre6", (f"link add gre6 type ip6gre {ENDS6} encaplimit none",), False),
    Network(17, "gretap", "gretap", (f"link add gretap type gretap {ENDS}",)),
    Network(18, "vxlan", "vxlan", (f"link add vxlan type vxlan id 7 {ENDS} dstport 4789",)),
    Network(19, "geneve", "geneve", ("link add geneve type geneve id 7 remote 198.51.100.1",)),
    # IPv6 in UDP, which is Teredo when the client's address is known. Its answers come without UDP: Linux can be built to receive alone.
    Network(
        20,
        "teredo",
        "teredo",
        ("fou add port 3544 ipproto 41", "link add teredo type sit local 198.51.100.2 remote 198.51.100.3"),
        False,
    ),
)


def make(carriers):
    ip("link set lo up")
    set_up()
    join(PLAIN)
    # The ends of the tunnels.
    ip("addr add 198.51.100.2/24 dev tap0")
    ip("addr add 2001:db8:100::2/64 dev tap0 nodad")
    for end in ("198.51.100.1", "198.51.100.3", "2001:db8:100::1"):
        neighbour(end, "tap0")
    for network in carriers:
        join(network)


def join(network):
    for command in network.commands:
        ip(command)
    for device in {network.ipv4, network.ipv6}:
        if network.ethernet:
            ip(f"link set {device} address {HOST_MAC}")
        ip(f"link set {device} up")
    third = network.third
    ip(f"addr add 10.9.{third}.2/24 dev {network.ipv4}")
    ip(f"addr add 2001:db8::a09:{third:x}02/120 dev {network.ipv6} nodad")
    if network.ethernet:
        neighbour(f"10.9.{third}.1", network.ipv4)
        neighbour(f"2001:db8::a09:{third:x}01", network.ipv6)


def neighbour(address, device):
    """The client asks and answers nothing."""
    ip(f"neigh replace {address} lladdr {CLIENT_MAC} dev {device} nud permanent")


# Memory for all that a sender without retransmissions has on the way: a segment of one byte costs Linux hundreds.
# TCP Fast Open for every listener, without a cookie.
SETTINGS = {"tcp_rmem": "4096 4194304 16777216", "tcp_fastopen": str(0x602)}


def set_up():
    for name, value in SETTINGS.items():
        with open(f"/proc/sys/net/ipv4/{name}", "w") as setting:
            setting.write(value)


def ip(command):
    subprocess.run(["ip", *command.split()], check=True)
