// A process that writes until it is killed: node --import tsx test/store/writer.ts <url> <edits, or 0 for ever>.
// For everything that the store has confirmed it writes a line: the edit's id and status.
import { writeSync } from "node:fs";
import type { EditStatus } from "../../src/core/edit.ts";
import { newId } from "../../src/core/id.ts";
import { openDatabase } from "../../src/store/database.ts";
import { acceptEdit } from "../../src/store/edits.ts";
import { moveEdit } from "../../src/store/move-edit.ts";
import { anAccount, later, request } from "./databases.ts";

const [url, edits] = process.argv.slice(2);
const db = await openDatabase(url!);
const accountId = await anAccount(db);

async function live(): Promise<void> {
  const createdAt = later();
  const id = newId(createdAt);
  const audit = [{ actor: accountId, kind: "edit.moved", subjectKind: "edit", subjectId: id, accountId }] as const;
  const event = { editId: id, at: createdAt.getTime(), kind: "resumed" } as const;
  const edit = { id, accountId, prompt: "make it snow", request, createdAt };
  await acceptEdit(db, { edit, audit, idempotency: { key: id, requestDigest: id } });
  tell(id, "MODERATING");
  for (const [i, to] of (["QUEUED", "RUNNING", "FINISHING", "SUCCEEDED"] as const).entries()) {
    await moveEdit(db, id, { to, at: later(), events: [{ ...event, seq: i + 1 }], audit });
    tell(id, to);
  }
}

function tell(id: string, status: EditStatus): void {
  // Straight to the pipe, so that nothing confirmed is lost with this process.
  writeSync(1, `${id} ${status}\n`);
}

async function work(): Promise<void> {
  for (let done = 0; edits === "0" || done < Number(edits); done += 1) await live();
}

await Promise.all([work(), work(), work()]);
await db[Symbol.asyncDispose]();
