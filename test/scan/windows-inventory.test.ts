/** Windows from exported data: the product as bulletins name it, its updates, its registry, its listeners. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { collectWindows } from "../../hosts/windows/inventory/collect.ts";
import { bulletinProduct } from "../../hosts/windows/inventory/product.ts";
import { hotfixesIn, parseSystemInfo } from "../../hosts/windows/inventory/systeminfo.ts";
import { decodeWindowsText } from "../../hosts/windows/inventory/text.ts";
import { loadDetectors } from "../../scan/products/catalog.ts";
import { layOut, remove } from "./layout.ts";

const systems: [caption: string, version: string, type: string, product: string][] = [
  ["Microsoft Windows Server 2012 R2 Standard", "6.3.9600 N/A Build 9600", "x64-based PC", "Windows Server 2012 R2"],
  [
    "Microsoft Windows 10 Pro",
    "10.0.17763 N/D Compilación 17763",
    "x64-based PC",
    "Windows 10 Version 1809 for x64-based Systems",
  ],
  [
    "Microsoft Windows 7 Enterprise ",
    "6.1.7601 Service Pack 1 Build 7601",
    "X86-based PC",
    "Windows 7 for 32-bit Systems Service Pack 1",
  ],
  [
    "Microsoft Windows XP Professional",
    "5.1.2600 Service Pack 3 Build 2600",
    "X86-based PC",
    "Microsoft Windows XP Service Pack 3",
  ],
  ["Microsoft Windows Server 2022 Standard", "10.0.20348 N/A Build 20348", "x64-based PC", "Windows Server 2022"],
  [
    "Microsoft Windows 11 Enterprise",
    "10.0.22631 N/A Build 22631",
    "ARM64-based PC",
    "Windows 11 Version 23H2 for ARM64-based Systems",
  ],
];
const systemInfo = (caption: string, version: string, type: string): string =>
  `\r\nHost Name:                 SRV1\r\nOS Name:                   ${caption}\r\nOS Version:                ${version}\r\nSystem Type:               ${type}\r\nHotfix(s):                 1\r\n                           [01]: KB4486553\r\n`;

for (const [caption, version, type, product] of systems) {
  test(`${caption.trim()} ${version.split(" ")[0]} is "${product}"`, () => {
    assert.is(bulletinProduct(parseSystemInfo(systemInfo(caption, version, type), "x")), product);
  });
}

test("text may be UTF-16, with or without a byte order mark", () => {
  const text = "HotFixID KB2894852";
  for (const bytes of [Buffer.from(`\ufeff${text}`, "utf16le"), Buffer.from(text, "utf16le"), Buffer.from(text)]) {
    assert.equal(hotfixesIn(decodeWindowsText(bytes)), ["KB2894852"]);
  }
});

test("an export becomes an inventory: build revision, programs, listeners", async () => {
  const folder = layOut({
    "systeminfo.txt": systemInfo(
      "Microsoft Windows Server 2019 Standard",
      "10.0.17763 N/A Build 17763",
      "x64-based PC",
    ),
    "qfe.txt": Buffer.from("\ufeffHotFixID=KB5005030\r\n", "utf16le"),
    "netstat.txt":
      "  TCP    0.0.0.0:443    0.0.0.0:0    LISTENING    4\r\n  TCP    [::]:445   [::]:0   ABHÖREN   4\r\n  TCP  10.0.0.1:50000  1.2.3.4:443  ESTABLISHED 88\r\n",
    "a.reg": Buffer.from(
      '\ufeffWindows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\r\n"UBR"=dword:00000842\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\x]\r\n"DisplayName"="Microsoft Exchange Server 2016 Cumulative Update 19"\r\n"DisplayVersion"="15.1.2176.2"\r\n',
      "utf16le",
    ),
  });
  const inventory = await collectWindows(folder, await loadDetectors());
  remove(folder);
  assert.equal(inventory.host.windows, {
    product: "Windows Server 2019",
    build: "10.0.17763.2114",
    hotfixes: ["KB4486553", "KB5005030"],
  });
  assert.equal(
    inventory.components.map(({ name, version }) => [name, version]),
    [
      ["Windows Server 2019", "10.0.17763.2114"],
      ["microsoft/exchange-server", "15.1.2176.2"],
    ],
  );
  assert.equal(
    inventory.listeners.map(({ port, components }) => [port, components.length]),
    [
      [443, 2],
      [445, 2],
    ],
  );
});

test("a folder without systeminfo, or with something else in it, is refused with a reason", async () => {
  const empty = layOut({});
  const other = layOut({ "systeminfo.txt": "hello" });
  for (const [folder, message] of [
    [empty, /systeminfo.txt is missing/],
    [other, /no Windows version/],
  ] as const) {
    try {
      await collectWindows(folder);
      assert.unreachable();
    } catch (error) {
      assert.match((error as Error).message, message);
    }
  }
  remove(empty, other);
});

test.run();
