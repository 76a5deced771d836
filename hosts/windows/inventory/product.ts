/** The product name that Microsoft's bulletins use, from what a system says of itself. */

export interface WindowsSystem {
  /** "Microsoft Windows Server 2012 R2 Standard", in the system's language or English. */
  caption: string;
  /** "6.3.9600". */
  version: string;
  servicePack: number;
  architecture: "x86" | "x64" | "arm64" | "ia64";
}

/** Releases by build (Microsoft, "Windows release information"). */
const releases: Record<string, { client?: string; server?: string }> = {
  "10240": { client: "Windows 10" },
  "10586": { client: "Windows 10 Version 1511" },
  "14393": { client: "Windows 10 Version 1607", server: "Windows Server 2016" },
  "15063": { client: "Windows 10 Version 1703" },
  "16299": { client: "Windows 10 Version 1709", server: "Windows Server, version 1709 (Server Core Installation)" },
  "17134": { client: "Windows 10 Version 1803", server: "Windows Server, version 1803 (Server Core Installation)" },
  "17763": { client: "Windows 10 Version 1809", server: "Windows Server 2019" },
  "18362": { client: "Windows 10 Version 1903", server: "Windows Server, version 1903 (Server Core installation)" },
  "18363": { client: "Windows 10 Version 1909", server: "Windows Server, version 1909 (Server Core installation)" },
  "19041": { client: "Windows 10 Version 2004", server: "Windows Server, version 2004 (Server Core installation)" },
  "19042": { client: "Windows 10 Version 20H2", server: "Windows Server, version 20H2 (Server Core Installation)" },
  "19043": { client: "Windows 10 Version 21H1" },
  "19044": { client: "Windows 10 Version 21H2" },
  "19045": { client: "Windows 10 Version 22H2" },
  "20348": { server: "Windows Server 2022" },
  "22000": { client: "Windows 11 version 21H2" },
  "22621": { client: "Windows 11 Version 22H2" },
  "22631": { client: "Windows 11 Version 23H2" },
  "25398": { server: "Windows Server 2022, 23H2 Edition (Server Core installation)" },
  "26100": { client: "Windows 11 Version 24H2", server: "Windows Server 2025" },
};

const systems = {
  x86: "32-bit Systems",
  x64: "x64-based Systems",
  arm64: "ARM64-based Systems",
  ia64: "Itanium-Based Systems",
};

/** `undefined` for a system that is not known. */
export function bulletinProduct({ caption, version, servicePack, architecture }: WindowsSystem): string | undefined {
  const server = /server|serveur|servidor|сервер/i.test(caption);
  const [major, minor, build] = version.split(".");
  const pack = servicePack > 0 ? ` Service Pack ${servicePack}` : "";
  const on = systems[architecture];
  switch (`${major}.${minor}`) {
    case "5.0":
      return `Microsoft Windows 2000${pack}`;
    case "5.1":
      return `Microsoft Windows XP${pack}`;
    case "5.2":
      if (!server) return `Microsoft Windows XP Professional x64 Edition${pack}`;
      if (architecture === "x86") return `Microsoft Windows Server 2003${pack}`;
      return architecture === "ia64"
        ? `Microsoft Windows Server 2003 for Itanium-based Systems${pack}`
        : `Microsoft Windows Server 2003 x64 Edition${pack}`;
    case "6.0":
      if (server) return `Windows Server 2008 for ${on}${pack}`;
      return `Windows Vista${architecture === "x64" ? " x64 Edition" : ""}${pack}`;
    case "6.1":
      return `${server ? "Windows Server 2008 R2" : "Windows 7"} for ${on}${pack}`;
    case "6.2":
      return server ? "Windows Server 2012" : `Windows 8 for ${on}`;
    case "6.3":
      return server ? "Windows Server 2012 R2" : `Windows 8.1 for ${on}`;
    case "10.0": {
      const release = releases[build ?? ""];
      if (server) return release?.server;
      return release?.client ? `${release.client} for ${on}` : undefined;
    }
    default:
      return undefined;
  }
}
