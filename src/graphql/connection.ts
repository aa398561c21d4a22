import { ArgsType, type ClassType, Field, Int, ObjectType } from "type-graphql";
import type { Page } from "../store/page.ts";

/** Where in a list one stands; what Relay clients expect. */
@ObjectType({ description: "Where a page lies in its list.", simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean, { description: "Whether more follows after `endCursor`." })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Whether something stands before `startCursor`." })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "Place of the first of the page; null for an empty page." })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Give it as `after` to get the next page; null for an empty page.",
  })
  endCursor!: string | null;
}

@ArgsType()
export class PageArguments {
  @Field(() => Int, { defaultValue: 20, description: "How many, 1 to 100." })
  first!: number;

  @Field(() => String, { nullable: true, description: "The `endCursor` of the page before." })
  after?: string | null;
}

export interface Connection<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly pageInfo: PageInfo;
}

/** The GraphQL types of a list of `node`: `<name>Connection` and `<name>Edge`. */
export function connectionType<Node extends object>(name: string, node: ClassType<Node>): ClassType<Connection<Node>> {
  @ObjectType(`${name}Edge`, { description: "One of a list, and its place in it.", simpleResolvers: true })
  class Edge {
    @Field(() => String, { description: "Its place; stable while others are added." })
    cursor!: string;

    @Field(() => node, { description: "The thing itself." })
    node!: Node;
  }

  @ObjectType(`${name}Connection`, { description: "A part of a list, newest first.", simpleResolvers: true })
  class NodeConnection implements Connection<Node> {
    @Field(() => [Edge], { description: "What is on this page." })
    edges!: Edge[];

    @Field(() => PageInfo, { description: "Where the page lies." })
    pageInfo!: PageInfo;
  }
  return NodeConnection;
}

/** A page of rows as a connection of what is shown. */
export function connectionOf<Row, Node>({ edges, ...page }: Page<Row>, show: (row: Row) => Node): Connection<Node> {
  return {
    edges: edges.map(({ cursor, node }) => ({ cursor, node: show(node) })),
    pageInfo: { ...page, startCursor: edges[0]?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null },
  };
}

/** `first` and `after` as the store takes them. */
export function pageArgs({ first, after }: PageArguments): { first: number; after?: string } {
  return { first, ...(after ? { after } : {}) };
}
