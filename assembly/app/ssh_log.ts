/** The `ssh` object of EVE (Suricata manual, EVE JSON format). */
import { Direction } from "../abi/codes";
import { end, map, text } from "../verdict/cbor";
import { SshSide, sshSide } from "./ssh";
import { Tx } from "./transaction";
import { TwoSidedTx } from "./two_sided";

function side(key: string, s: SshSide): void {
  if (s.protocol.length == 0 || !map(key)) return;
  text("proto_version", s.protocol.data, s.protocol.length);
  if (s.software.length > 0) text("software_version", s.software.data, s.software.length);
  if (s.hassh.length > 0 && map("hassh")) {
    text("hash", s.hassh.data, s.hassh.length);
    text("string", s.hasshText.data, s.hasshText.length);
    end();
  }
  end();
}

export function sshLog(base: Tx): void {
  const tx = changetype<TwoSidedTx>(changetype<usize>(base));
  const client = sshSide(tx, Direction.ToServer);
  const server = sshSide(tx, Direction.ToClient);
  if (client.protocol.length == 0 && server.protocol.length == 0) return;
  if (!map("ssh")) return;
  side("client", client);
  side("server", server);
  end();
}
