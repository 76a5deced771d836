/** Exceptions of a policy as sets of addresses and ports, with the configuration's variables. */
import { addressSet } from "../../../compiler/address.ts";
import { RuleError, type TrafficException, Variables } from "../../../compiler/index.ts";
import { portSet } from "../../../compiler/port.ts";
import { parseList } from "../../../compiler/rule/expression.ts";
import type { Configuration } from "../config/schema/root.ts";
import { VpatchError } from "../errors.ts";
import type { Policy, PolicyException } from "./policy.ts";

/** What addresses and ports of a policy may name: `vars` of the configuration. */
export interface PolicyVariables {
  addresses: Variables;
  ports: Variables;
}

export function policyVariables({ vars }: Configuration): PolicyVariables {
  return {
    addresses: new Variables("address", vars["address-groups"]),
    ports: new Variables("port", vars["port-groups"]),
  };
}

/** Resolves every exception of a policy. @throws VpatchError that names the line of one that is no address or port */
export function resolveExceptions(
  { file, exceptions }: Policy,
  variables: PolicyVariables,
): ReadonlyMap<PolicyException, TrafficException> {
  return new Map(
    exceptions.map((exception) => {
      const address = (text: string) => addressSet(parseList(text, "address"), variables.addresses);
      const port = (text: string) => portSet(parseList(text, "port"), variables.ports);
      const read = <T>(name: string, text: string | undefined, parse: (text: string) => T): T | undefined => {
        if (text === undefined) return undefined;
        try {
          return parse(text);
        } catch (error) {
          if (!(error instanceof RuleError)) throw error;
          throw new VpatchError("VPATCH_CONFIG", `exceptions: ${name}: ${error.message}`, {
            location: { file, line: exception.line },
            ...(error.advice === undefined ? {} : { remedy: error.advice }),
          });
        }
      };
      const sets = {
        source: read("source", exception.source, address),
        destination: read("destination", exception.destination, address),
        either: read("address", exception.address, address),
        sourcePorts: read("source-port", exception.sourcePort, port),
        destinationPorts: read("destination-port", exception.destinationPort, port),
        eitherPorts: read("port", exception.port, port),
      };
      const given = Object.entries(sets).filter(([, set]) => set !== undefined);
      return [exception, Object.fromEntries(given) as TrafficException];
    }),
  );
}
