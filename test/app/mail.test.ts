/** SMTP and MIME as rules see them: one conversation, a rule for each thing a rule can ask of it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { alerts, database, frames } from "./wire_alerts.ts";

const mail = suite("mail");

const HEAD = "tcp 203.0.113.7:40000 > 192.168.56.10:25";
const CONVERSATION = `
< 220 mx.example ESMTP
> EHLO client.example
< 250-mx.example
< 250 PIPELINING
> MAIL FROM:<alice@client.example> SIZE=1000
< 250 ok
> RCPT TO:<bob@mx.example>
> RCPT TO:<carol@mx.example>
< 250 ok
< 250 ok
> DATA
< 354 go on
> Received: from inner.example
>  by client.example; Thu, 1 Jan 2026 00:00:00 +0000
> From: Alice <alice@client.example>
> To: bob@mx.example
> Cc: carol@mx.example
> Subject: two files
> X-Mailer: quill 1.0
> MIME-Version: 1.0
> Content-Type: multipart/mixed; boundary="cut here"
>
> --cut here
> Content-Type: text/plain
>
> see http://evil.example/path?x=1 for more
> --cut here
> Content-Type: application/octet-stream; name="a.bin"
> Content-Transfer-Encoding: base64
> Content-Disposition: attachment; filename="evil.exe"
>
> TVqQAGhl
> bGxvIHdvcmxk
> --cut here
> Content-Type: text/plain; name=note.txt
> Content-Transfer-Encoding: quoted-printable
>
> caf=E9 and a soft =
> break
> ..dots
> --cut here--
> .
< 250 queued
> QUIT
< 221 bye
`;

const RULES: readonly [sid: number, conditions: string, alerts: boolean][] = [
  [1, 'smtp.helo; content:"client.example"; bsize:14;', true],
  [2, 'smtp.mail_from; content:"<alice@client.example>"; bsize:22;', true],
  [3, 'smtp.rcpt_to; content:"<carol@mx.example>"; bsize:18;', true],
  [4, 'smtp.rcpt_to; content:"<alice@client.example>";', false],
  [
    5,
    'email.received; content:"from inner.example by client.example|3b| Thu, 1 Jan 2026 00:00:00 +0000"; startswith; endswith;',
    true,
  ],
  [6, 'email.subject; content:"two files"; bsize:9;', true],
  [7, 'email.cc; content:"carol@mx.example"; bsize:16;', true],
  [8, 'email.x_mailer; content:"quill 1.0"; bsize:9;', true],
  [9, 'email.url; content:"evil.example/path?x=1"; startswith; endswith;', true],
  [10, 'file.name; content:"evil.exe"; bsize:8;', true],
  [11, 'file.name; content:"note.txt"; bsize:8;', true],
  [12, 'file.data; content:"MZ|90 00|hello world"; bsize:15;', true],
  [13, 'file.data; content:"caf|e9| and a soft break"; startswith;', true],
  [14, 'file.data; content:"TVqQ";', false],
  [15, 'file.data; content:"http";', false],
];

const rules = database(
  RULES.map(([sid, conditions]) => `alert smtp any any -> any any (msg:"m"; ${conditions} sid:${sid};)`).join("\n"),
);

for (const mss of [1400, 7, 1]) {
  mail(`what rules find, in segments of ${mss} bytes`, () => {
    const found = [...new Set(alerts(frames(`${HEAD} mss=${mss}`, CONVERSATION), rules))].sort((a, b) => a - b);
    assert.equal(
      found,
      RULES.filter(([, , expected]) => expected).map(([sid]) => sid),
    );
  });
}

mail("a conversation cut at any frame stops nothing", () => {
  const traffic = frames(`${HEAD} mss=40`, CONVERSATION);
  for (let end = 1; end < traffic.length; end += 7) alerts(traffic.slice(0, end), rules);
});

mail.run();
