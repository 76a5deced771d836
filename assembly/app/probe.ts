/** What a probe answers: it looks at the first bytes of a direction and knows one protocol. */

export enum Probe {
  /** Not this protocol, whatever follows. */
  No = 0,
  Yes = 1,
  /** More bytes may tell. */
  More = 2,
}

/** The last probe that said Yes saw the other direction of the protocol: who seems the client is the server. */
export let probeReversed: bool = false;

/** Says yes, and from which side the bytes are. */
export function yesFrom(side: u32, direction: u32): Probe {
  probeReversed = side != direction;
  return Probe.Yes;
}

export function clearReversed(): void {
  probeReversed = false;
}
