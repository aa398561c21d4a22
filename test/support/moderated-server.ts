import { expect } from "vitest";
import { EditDocument, ModerationCasesDocument, OneEditDocument } from "../../schema/generated/graphql.ts";
import type { Client } from "../../src/cli/client.ts";
import { listAuditEvents } from "../../src/store/audit-log.ts";
import { incidentKey } from "./provided-server.ts";
import { pictureFile, type TestServer, testServer } from "./test-server.ts";

/** Somebody with a picture. */
export interface Author {
  readonly client: Client;
  readonly accountId: string;
  readonly imageId: string;
}

/**
 * A server on which a person must see every result: its model's licence demands filters or review, and no classifier is
 * configured.
 */
export class ModeratedServer implements AsyncDisposable {
  readonly server: TestServer;
  readonly moderator: Client;
  readonly second: Client;
  #authors = 0;

  private constructor(server: TestServer, moderator: Client, second: Client) {
    this.server = server;
    this.moderator = moderator;
    this.second = second;
  }

  static async start(): Promise<ModeratedServer> {
    const server = await testServer({ PENTIMENTO_INCIDENT_KEY: incidentKey().given }, { filterDuty: "required" });
    const moderator = (await server.account("moderator", "MODERATOR")).client;
    const second = (await server.account("second", "MODERATOR")).client;
    return new ModeratedServer(server, moderator, second);
  }

  /** Another account with its picture: refusals of a few tests suspend one. */
  async author(): Promise<Author> {
    this.#authors += 1;
    const { client, accountId } = await this.server.account(`author-${this.#authors}`);
    const file = await pictureFile({ width: 64, height: 48 }, this.#authors);
    return { client, accountId, imageId: await client.upload(file) };
  }

  /** The newest case about an edit, which the moderator sees and the edit itself not. */
  async caseOf(editId: string) {
    const { moderationCases } = await this.moderator.ask(ModerationCasesDocument, { first: 100 });
    const { edit } = await this.moderator.ask(OneEditDocument, { id: editId }).catch(() => ({ edit: null }));
    expect(edit).toBeNull();
    const { client } = this.server.server.services.db;
    const newest = await client.case.findFirst({ where: { editId }, orderBy: { createdAt: "desc" } });
    return moderationCases.edges.map(({ node }) => node).find(({ id }) => id === newest?.id)!;
  }

  /** Kinds of what the audit log tells of something, newest first. */
  async audited(subjectId: string): Promise<string[]> {
    const { edges } = await listAuditEvents(this.server.server.services.db, { subjectId }, { first: 50 });
    return edges.map(({ node }) => node.kind);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

/** Sends an edit of one step; returns its id. */
export async function send({ client, imageId }: Pick<Author, "client" | "imageId">, prompt: string): Promise<string> {
  const { edit } = await client.ask(EditDocument, { input: { prompt, images: [{ imageId }], steps: 1 } });
  return edit.id;
}

/** Statuses as the events tell them, until the stream ends or `status` is told. */
export async function until(client: Client, editId: string, status: string): Promise<string[]> {
  const statuses: string[] = [];
  for await (const event of client.progress(editId)) {
    statuses.push(event.status);
    if (event.status === status) break;
  }
  return statuses;
}
