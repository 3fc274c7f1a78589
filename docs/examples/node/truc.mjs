// /v1 bằng Node 18 trở lên, không cần gói nào · /v1 with Node 18 or later, without any package.
// . ./demo.env && node docs/examples/node/truc.mjs letter.edxml
import { createHash, randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";

const { SENDER_URL, SENDER_KEY, RECEIVER_URL, RECEIVER_KEY } = process.env;

/** Một lần gọi; lỗi mang mã, lý do và việc cần làm · one call; an error tells code, reason and what to do. */
async function call(method, url, key, body, headers = {}) {
  const answer = await fetch(url, { method, body, headers: { Authorization: `Bearer ${key}`, ...headers } });
  if (answer.ok) return answer;
  const problem = await answer.json(); // application/problem+json
  throw new Error(problem.findings.map((f) => `${f.code} ${f.vi} → ${f.next.vi}`).join("\n"));
}

/** Chờ một mục trong hộp nhận · wait for one item of the mailbox. */
async function arrived(url, key, kind, isWanted) {
  for (let after = 0, looks = 0; looks < 10; looks++) {
    const page = await (await call("GET", `${url}/v1/mailbox?kind=${kind}&after=${after}&wait=30`, key)).json();
    const found = page.items.find(isWanted);
    if (found) return found;
    after = page.items.at(-1)?.number ?? after;
  }
  throw new Error("chưa đến · it has not come");
}

const letter = await readFile(process.argv[2]);
const sent = await call("POST", `${SENDER_URL}/v1/letters`, SENDER_KEY, letter, {
  "Content-Type": "application/xml",
  "Idempotency-Key": randomUUID(), // gửi lại thì dùng lại đúng khóa này · a repeat bears the same one
});
const { letter_id: id } = await sent.json();
console.log("đã gửi · sent", id);

await arrived(RECEIVER_URL, RECEIVER_KEY, "document", (item) => item.letter_id === id);
const fetched = await call("GET", `${RECEIVER_URL}/v1/mailbox/${id}`, RECEIVER_KEY);
const received = Buffer.from(await fetched.arrayBuffer());
const digest = createHash("sha256").update(received).digest("hex");
if (fetched.headers.get("etag") !== `"${digest}"`) throw new Error("hỏng trên đường · damaged on the way");
await writeFile("received.edxml", received); // lưu chắc chắn rồi mới xác nhận · stored before it is acknowledged
await call("POST", `${RECEIVER_URL}/v1/mailbox/${id}/ack`, RECEIVER_KEY);
console.log("đã nhận · received", received.length, "byte");

const status = JSON.stringify({ code: "03", description: "Đã vào sổ", staff: "Nguyễn Thị Hoa" });
await call("POST", `${RECEIVER_URL}/v1/letters/${id}/statuses`, RECEIVER_KEY, status, {
  "Content-Type": "application/json",
});
const told = await arrived(SENDER_URL, SENDER_KEY, "status", (item) => item.status_code === "03");
await call("GET", `${SENDER_URL}/v1/mailbox/${told.letter_id}`, SENDER_KEY);
await call("POST", `${SENDER_URL}/v1/mailbox/${told.letter_id}/ack`, SENDER_KEY);
const track = await (await call("GET", `${SENDER_URL}/v1/letters/${id}`, SENDER_KEY)).json();
for (const { code, stage, status: last } of track.recipients) console.log(code, stage.vi, last?.code);
