/** What rule keywords mean, as the Suricata manual has it: the Markdown files beside this one, in the form of `test/cases/case.ts`. */
import { testCases } from "../cases/check.ts";

testCases("keywords", new URL(".", import.meta.url));
