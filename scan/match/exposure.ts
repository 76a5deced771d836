import { type Component, type Inventory, isLoopback, type Listener } from "../inventory/types.ts";
import type { ExposedPort, Exposure } from "./finding.ts";

/** Programs that serve what lies in the file system: PHP applications are reached through them. */
const webServer =
  /(?:^|[/\\])(?:nginx|apache2?|httpd|lighttpd|caddy|php-fpm[\d.]*|openresty|litespeed|w3wp(?:\.exe)?)$/;

/** Programs that hold the sockets of others, which they start when someone connects. */
const socketHolder = /(?:^|\/)(?:systemd|x?inetd)$/;

/** Answers for each component of an inventory how it can be reached. */
export class ExposureMap {
  readonly #byComponent = new Map<string, Listener[]>();
  readonly #web: Listener[];
  readonly #unowned: Listener[];

  constructor(inventory: Inventory) {
    for (const listener of inventory.listeners) {
      for (const id of listener.components) {
        this.#byComponent.set(id, [...(this.#byComponent.get(id) ?? []), listener]);
      }
    }
    this.#web = inventory.listeners.filter(({ executable }) => webServer.test(executable ?? ""));
    this.#unowned = inventory.listeners.filter(
      ({ pid, address, executable }) =>
        (pid === undefined || socketHolder.test(executable ?? "")) && !isLoopback(address),
    );
  }

  of(component: Component): Exposure {
    const own = [...(this.#byComponent.get(component.id) ?? []), ...(component.webContent ? this.#web : [])];
    const open = own.filter(({ address }) => !isLoopback(address));
    if (open.length > 0) return { state: "listening", ports: this.#ports(component, open) };
    if (own.length > 0) return { state: "loopback", ports: [] };
    const { state } = component.usage;
    if (state === "unknown") return { state: "unknown", ports: [] };
    if (state === "running" && this.#unowned.length > 0) {
      return { state: "listening", ports: this.#ports(component, []), assumed: true };
    }
    // The kernel itself answers the network.
    if (state === "loaded") return { state: "listening", ports: [] };
    return { state: state === "running" ? "loaded" : "installed", ports: [] };
  }

  /**
   * Ports to narrow a rule to; empty means that they are not known. Listeners without a known owner are always included:
   * narrowing must not lose one. Inside a container the ports differ from those on the wire.
   */
  #ports(component: Component, open: readonly Listener[]): ExposedPort[] {
    if (component.root !== "/" || open.some((each) => each.root !== "/")) return [];
    const seen = new Map<string, ExposedPort>();
    for (const { protocol, port } of [...open, ...this.#unowned]) seen.set(`${protocol}${port}`, { protocol, port });
    return [...seen.values()].sort((a, b) => a.port - b.port);
  }
}
