/** The systemd unit of the agent (systemd.service(5), systemd.exec(5)): what it may do is what it needs. */
import { AGENT_CAPABILITIES, SCAN_CAPABILITIES } from "../system/platform.ts";

export interface UnitOptions {
  /** Paths of Node and of the command's script. */
  node: string;
  script: string;
  config: string;
}

/** First line of files that `vpatch service` has written: others it does not touch. */
export const OURS = "# Written by vpatch service install; changes belong into a drop-in (systemctl edit vpatch).";

export const UNIT_NAME = "vpatch.service";

/** An argument of a command line in a unit. */
function quote(text: string): string {
  const escaped = text.replaceAll("%", "%%").replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("$", "$$$$");
  return /[\s"'\\;]/.test(text) ? `"${escaped}"` : escaped;
}

export function unitText({ node, script, config }: UnitOptions): string {
  const command = `${quote(node)} ${quote(script)}`;
  const capabilities = [...AGENT_CAPABILITIES, ...SCAN_CAPABILITIES].map((name) => `CAP_${name}`).join(" ");
  return `${OURS}
[Unit]
Description=vpatch, the virtual patch of this machine
After=network.target
# A crash loop is the agent's own to notice and to tell: a machine is never left without it.
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=${command} run --config ${quote(config)}
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=1
WatchdogSec=10
TimeoutStartSec=90
TimeoutStopSec=5
KillMode=mixed
OOMScoreAdjust=-900
LimitNOFILE=65536
LimitMEMLOCK=infinity
UMask=0077

# Folders: state, logs, what a driver has set up (which must outlive a crash).
StateDirectory=vpatch
StateDirectoryMode=0750
LogsDirectory=vpatch
LogsDirectoryMode=0750
RuntimeDirectory=vpatch
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes

# Privileges: traffic, and what the scan has to look at.
CapabilityBoundingSet=${capabilities}
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
DevicePolicy=closed
DeviceAllow=/dev/net/tun rw
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service bpf
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}
