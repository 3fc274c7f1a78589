// VXP không cần SDK, bằng Node 18 trở lên · VXP without the SDK, with Node 18 or later.
// . ./demo.env && node docs/examples/node/vxp.mjs letter.edxml
import { createHash, createHmac } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";

const env = process.env;
const sender = { url: env.SENDER_VXP_URL, id: env.SENDER_SYSTEM_ID, secret: env.SENDER_SECRET };
const receiver = { url: env.RECEIVER_VXP_URL, id: env.RECEIVER_SYSTEM_ID, secret: env.RECEIVER_SECRET };

/** ddMMyyyy'T'HHmmss+SSSS, giờ Việt Nam; SSSS là mili giây · in Vietnam's time; SSSS are milliseconds. */
function timestamp(at) {
  const [, y, mo, d, h, mi, s, ms] = /(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d+)/.exec(
    new Date(at.getTime() + 7 * 3600_000).toISOString(),
  );
  return `${d}${mo}${y}T${h}${mi}${s}+0${ms}`;
}

/** Các header đã ký của một lần gọi · the signed headers of one call. */
function signed(system, parameters, contentType) {
  const said = { ...parameters, systemid: system.id, timestamp: timestamp(new Date()), "Content-Type": contentType };
  const named = Object.fromEntries(Object.entries(said).map(([name, value]) => [`XroadVnpt-${name}`, value]));
  const text = JSON.stringify(named);
  return {
    ...named,
    "Content-Type": contentType,
    "XroadVnpt-sign-header-key": Object.keys(said).join(";"),
    "XroadVnpt-sign-header": text,
    "XroadVnpt-hash-header": createHmac("sha256", system.secret).update(text).digest("hex"),
    "XroadVnpt-version": "3.0.201608",
  };
}

async function call(system, name, parameters, body = "{}", contentType = "application/json") {
  const headers = signed(system, parameters, contentType);
  const answer = await (await fetch(`${system.url}/${name}`, { method: "POST", headers, body })).json();
  if (answer.status !== "OK") throw new Error(`${name}: ${answer.ErrorCode} ${answer.ErrorDesc}`);
  return answer;
}

const letter = await readFile(process.argv[2]);
const sent = await call(
  sender,
  "sendEdoc",
  {
    from: env.SENDER_CODE,
    servicetype: "eDoc",
    messagetype: "edoc",
    "hash-file": createHash("sha256").update(letter).digest("hex"),
  },
  letter,
  "application/octet-stream",
);
console.log("đã gửi · sent", sent.DocId);

const kind = { servicetype: "eDoc", messagetype: "edoc" };
for (let looks = 0; ; looks++) {
  const { data } = await call(receiver, "getReceivedEdocList", kind);
  if (data.some((line) => line.docId === sent.DocId)) break;
  if (looks === 30) throw new Error("chưa đến · it has not come");
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
const { data } = await call(receiver, "getEdoc", { docId: sent.DocId });
await writeFile("received.edxml", Buffer.from(data, "base64"));
await call(receiver, "updateStatus", { docId: sent.DocId, status: "done" });
console.log("đã nhận · received");
