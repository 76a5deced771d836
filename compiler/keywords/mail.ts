/** SMTP and the headers of mail. Suricata manual, "SMTP Keywords", "Email Keywords". */
import { Buffer as B } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { type BufferDefinition, buffer, S } from "../signature/buffers.ts";
import { family, type Keyword } from "./keyword.ts";
import { sticky } from "./sticky.ts";

const engines = [{ app: AppProto.Smtp, direction: S, progress: 0 }];
const multi = { multi: true };

const SMTP: readonly (readonly [BufferDefinition, string])[] = [
  [buffer("smtp.helo", B.smtp__helo, engines), "The name given with HELO or EHLO."],
  [buffer("smtp.mail_from", B.smtp__mail_from, engines), "The address given with MAIL FROM."],
  [buffer("smtp.rcpt_to", B.smtp__rcpt_to, engines, multi), "Each address given with RCPT TO."],
];

const EMAIL: readonly (readonly [BufferDefinition, string])[] = [
  [buffer("email.from", B.email__from, engines), "The From header."],
  [buffer("email.to", B.email__to, engines), "The To header."],
  [buffer("email.cc", B.email__cc, engines), "The Cc header."],
  [buffer("email.subject", B.email__subject, engines), "The Subject header."],
  [buffer("email.date", B.email__date, engines), "The Date header."],
  [buffer("email.message_id", B.email__message_id, engines), "The Message-Id header."],
  [buffer("email.x_mailer", B.email__x_mailer, engines), "The X-Mailer header."],
  [buffer("email.url", B.email__url, engines, multi), "Each URL found in the body."],
  [buffer("email.received", B.email__received, engines, multi), "Each Received header."],
  [buffer("email.body_md5", B.email__body_md5, engines), "The MD5 hash of the body."],
];

export const MAIL_KEYWORDS: Keyword[] = [
  ...family(
    "SMTP",
    SMTP.map(([definition, docs]) => sticky(definition, docs, AppProto.Smtp)),
  ),
  ...family(
    "Mail",
    EMAIL.map(([definition, docs]) => sticky(definition, docs, AppProto.Smtp)),
  ),
];
