/** The example of the README does what it says. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseConversation } from "../../corpus/conversation.ts";
import { conversationFrames } from "../../corpus/frames.ts";
import { inspect } from "../../examples/library.ts";

const request = (path: string) =>
  conversationFrames(
    parseConversation("tcp 192.0.2.1:4000 > 192.0.2.2:80 open", [`> GET ${path} HTTP/1.1`, "> Host: a", ">"]),
  ).map(({ data, linkType, seconds, nanoseconds }) => ({
    data,
    linkType,
    timestamp: seconds * 1e6 + nanoseconds / 1e3,
  }));

test("a request for a secret is dropped and alerted, another passes", () => {
  assert.equal(inspect(request("/public")), { verdicts: ["Pass", "Pass", "Pass", "Pass", "Pass"], alerts: [] });
  const { verdicts, alerts } = inspect(request("/secret"));
  assert.equal(verdicts.slice(0, 4), ["Pass", "Pass", "Pass", "Drop"]);
  assert.equal(
    alerts.map((line) => JSON.parse(line).alert.signature),
    ["no secrets"],
  );
});

test.run();
