// What the AsyncAPI parser says of the document on stdin: nothing, if it is valid.
import { text } from "node:stream/consumers";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(await text(process.stdin));
const worst = 1; // errors are 0 and warnings 1
for (const { severity, code, path, message } of diagnostics) {
  if (severity <= worst) console.log(`${code} at ${path.join(".")}: ${message}`);
}
if (!document) console.log("not an AsyncAPI document");
