"""The first program of a User Mode Linux: what an init has to do before the host's own work begins."""

import ctypes
import os
import subprocess
import sys
import tty

MODULES = ("tun", "8021q", "ipip", "sit", "ip6_tunnel", "ip_gre", "ip6_gre", "vxlan", "geneve", "fou")
FINIT_MODULE = 313  # x86-64
SERIAL_LINE = "/dev/ttyS0"
libc = ctypes.CDLL(None, use_errno=True)


def boot(modules):
    """The descriptor of the serial line. `modules`: the folder that holds those of all kernel versions."""
    os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    subprocess.run(["mount", "-t", "proc", "proc", "/proc"], check=True)
    folder = os.path.join(modules, os.uname().release)
    with open(os.path.join(folder, "modules.dep")) as lines:
        needs = dict(line.strip().split(":", 1) for line in lines)
    loaded = set()
    for name in MODULES:
        path = next((path for path in needs if path.endswith(f"/{name}.ko")), None)
        # What has no module is part of the kernel.
        if path:
            for wanted in (*reversed(needs[path].split()), path):
                load(folder, wanted, loaded)
    line = os.open(SERIAL_LINE, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(line)
    return line


def load(folder, path, loaded):
    if path in loaded:
        return
    loaded.add(path)
    with open(os.path.join(folder, path), "rb") as module:
        if libc.syscall(FINIT_MODULE, module.fileno(), b"", 0) != 0:
            sys.exit(f"{path}: {os.strerror(ctypes.get_errno())}")


def power_off():
    os.sync()
    with open("/proc/sysrq-trigger", "w") as trigger:
        trigger.write("o")
