// Kiểm tra chữ ký của webhook · check the signature of a webhook (Standard Webhooks).
// WEBHOOK_SECRET=whsec_… node webhook.mjs WEBHOOK_ID WEBHOOK_TIMESTAMP WEBHOOK_SIGNATURE < body.json
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

const TOLERANCE = 300; // giây · seconds: một thông báo bị ghi lại không dùng lại được · a recorded one is of no use

/** `body`: đúng các byte đã nhận, chưa phân tích · exactly the bytes that came, before any parsing. */
export function isGenuine(secret, id, timestamp, signatures, body, now = Date.now() / 1000) {
  if (!/^\d+$/.test(timestamp) || Math.abs(now - Number(timestamp)) > TOLERANCE) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const right = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  return signatures.split(" ").some((signature) => {
    const [version, text] = signature.split(",");
    const said = Buffer.from(text ?? "", "base64");
    return version === "v1" && said.length === right.length && timingSafeEqual(said, right);
  });
}

const [id, timestamp, signatures] = process.argv.slice(2);
const genuine = isGenuine(process.env.WEBHOOK_SECRET, id, timestamp, signatures, readFileSync(0));
console.log(genuine ? "thật · genuine" : "giả · forged");
process.exitCode = genuine ? 0 : 1;
