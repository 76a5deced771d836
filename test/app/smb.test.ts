/** SMB and DCERPC: what rules see of a conversation; no input traps, every byte is given back. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Buffer as Buffers } from "../../assembly/abi/buffers.ts";
import * as m from "./smb_driver.ts";

const smb = await m.Dialogue.create("smb");
const dcerpc = await m.Dialogue.create("dcerpc");

type Step = readonly [0 | 1, Buffer];

/** A file is written to a share; an operation is called over a pipe. */
function upload(): Step[] {
  return [
    [0, m.session(m.smb2(3, false, 1, m.treeConnect("\\\\host\\share"), 0))],
    [1, m.session(m.smb2(3, true, 1, m.treeConnected(1)))],
    [0, m.session(m.smb2(5, false, 2, m.create("dir\\evil.exe")))],
    [1, m.session(m.smb2(5, true, 2, m.created()))],
    [0, m.session(m.smb2(9, false, 3, m.write(Buffer.from("MZ this is a program"))))],
    [0, m.session(m.smb2(6, false, 4, m.close()))],
  ];
}

function pipe(): Step[] {
  return [
    [0, m.session(m.smb2(3, false, 1, m.treeConnect("\\\\host\\IPC$"), 0))],
    [1, m.session(m.smb2(3, true, 1, m.treeConnected(2)))],
    [0, m.session(m.smb2(9, false, 3, m.write(m.pdu(11, 1, m.bind()))))],
    [0, m.session(m.smb2(9, false, 4, m.write(m.pdu(0, 2, m.request(26, "stub of the call")))))],
  ];
}

function call(): Step[] {
  return [
    [0, m.pdu(11, 1, m.bind())],
    [1, m.pdu(12, 1, m.bindAck())],
    [0, m.pdu(0, 2, m.request(26, "to the server"))],
    [1, m.pdu(2, 2, m.request(0, "to the client"))],
  ];
}

function run(dialogue: m.Dialogue, steps: Step[]): number[] {
  dialogue.open();
  return steps.map(([direction, data]) => dialogue.feed(direction, data));
}

test("a file on a share: name, data and share", () => {
  run(smb, upload());
  assert.is(smb.buffer(Buffers.smb__share, 0), "\\host\\share");
  assert.is(smb.buffer(Buffers.smb__named_pipe, 0), undefined);
  assert.is(smb.buffer(Buffers.file_name, 0), "dir\\evil.exe");
  assert.is(smb.buffer(Buffers.file_data, 0), "MZ this is a program");
  smb.close();
  assert.is(smb.held(), 0);
});

test("a write that comes in pieces is one file", () => {
  const steps = upload();
  const [head, body] = [steps.slice(0, 4), m.session(m.smb2(9, false, 3, m.write(Buffer.alloc(3000, "abc"))))];
  run(smb, head);
  assert.is(smb.feed(0, body.subarray(0, 1000)), 1000, "the beginning is taken");
  assert.is(smb.feed(0, body.subarray(1000)), body.length - 1000);
  smb.feed(0, steps[5]![1]);
  assert.is(smb.buffer(Buffers.file_data, 0), "abc".repeat(1000));
  smb.close();
  assert.is(smb.held(), 0);
});

test("a lost piece: the next record is found again", () => {
  run(smb, upload().slice(0, 4));
  assert.is(smb.gap(0, 500), 500);
  const record = m.session(m.smb2(3, false, 9, m.treeConnect("\\\\host\\later"), 0));
  assert.is(smb.feed(0, Buffer.concat([Buffer.from("middle of something"), record])), 19 + record.length);
  assert.is(smb.transactions().length, 3);
  smb.close();
});

test("a pipe: its name, and the operation called through it", () => {
  run(smb, pipe());
  assert.is(smb.buffer(Buffers.smb__named_pipe, 0), "\\host\\IPC$");
  assert.is(smb.buffer(Buffers.dcerpc__stub_data, 0), "stub of the call");
  const opnums = smb.transactions().map((tx) => smb.core["dcerpcOpnum"]!(smb.state, tx));
  assert.ok(opnums.includes(26));
  smb.close();
  assert.is(smb.held(), 0);
});

test("DCERPC over TCP: stubs of both directions, the operation", () => {
  run(dcerpc, call());
  assert.is(dcerpc.buffer(Buffers.dcerpc__stub_data, 0), "to the server");
  assert.is(dcerpc.buffer(Buffers.dcerpc__stub_data, 1)?.slice(8), "to the client");
  const [bound, called] = dcerpc.transactions();
  assert.is(dcerpc.core["dcerpcOpnum"]!(dcerpc.state, bound!), -1);
  assert.is(dcerpc.core["dcerpcOpnum"]!(dcerpc.state, called!), 26);
  dcerpc.close();
  assert.is(dcerpc.held(), 0);
});

test("input cut at every byte says the same as whole input", () => {
  const whole = Buffer.concat(
    call()
      .filter(([d]) => d === 0)
      .map(([, data]) => data),
  );
  for (let at = 0; at <= whole.length; at++) {
    dcerpc.open();
    const taken = dcerpc.feed(0, whole.subarray(0, at));
    dcerpc.feed(0, whole.subarray(taken));
    assert.is(dcerpc.buffer(Buffers.dcerpc__stub_data, 0), "to the server", `cut at ${at}`);
    dcerpc.close();
  }
});

test("changed bytes and cut records: no trap, all memory given back", () => {
  let seed = 1;
  const random = (n: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed % n;
  };
  const cases: readonly (readonly [m.Dialogue, () => Step[]])[] = [
    [smb, upload],
    [smb, pipe],
    [dcerpc, call],
  ];
  for (const [dialogue, conversation] of cases) {
    for (let round = 0; round < 2000; round++) {
      dialogue.open();
      for (const [direction, data] of conversation()) {
        const changed = Buffer.from(data);
        for (let i = random(4); i > 0; i--) changed[random(changed.length)] = random(256);
        const input = random(5) === 0 ? changed.subarray(0, random(changed.length)) : changed;
        if (dialogue.feed(direction, input) < 0) break;
      }
      for (const tx of dialogue.transactions())
        for (let b = 440; b < 460; b++)
          dialogue.core[dialogue === smb ? "smbBuffer" : "dcerpcBuffer"]!(dialogue.state, tx, b, 0, 0);
      dialogue.close();
    }
    assert.is(dialogue.held(), 0);
  }
});

test("random SMB 1 records: no trap", () => {
  let seed = 7;
  const random = (n: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >> 8) % n;
  };
  const commands = [0x04, 0x0b, 0x24, 0x25, 0x2c, 0x2e, 0x2f, 0x32, 0x71, 0x72, 0x73, 0x75, 0xa2];
  for (let round = 0; round < 3000; round++) {
    smb.open();
    for (let i = 0; i < 6; i++) {
      const direction = random(2) as 0 | 1;
      const record = Buffer.alloc(32 + random(120));
      for (let at = 32; at < record.length; at++) record[at] = random(3) === 0 ? random(256) : 0;
      record.write("\xffSMB", "latin1");
      record[4] = commands[random(commands.length)]!;
      record[9] = direction === 1 ? 0x80 : 0;
      if (record.length > 32) record[32] = random(30);
      if (smb.feed(direction, m.session(record)) < 0) break;
    }
    smb.close();
    assert.is(smb.held(), 0);
  }
});

test.run();
