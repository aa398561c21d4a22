import { costLimitRule } from "@escape.tech/graphql-armor-cost-limit";
import { maxAliasesRule } from "@escape.tech/graphql-armor-max-aliases";
import { maxDepthRule } from "@escape.tech/graphql-armor-max-depth";
import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  getNullableType,
  isListType,
  Kind,
  type ParseOptions,
  TypeInfo,
  type ValidationContext,
  type ValidationRule,
  visit,
  visitWithTypeInfo,
} from "graphql";

/**
 * What one request may ask. A page of 100 edits with their pictures stays under the cost, and so does the lineage of one
 * picture; a page of pages does not.
 */
const limits = { depth: 12, aliases: 30, cost: 80_000, tokens: 2_000 } as const;
/** Entries that a page may have. */
const pageMax = 100;

/** Entries of lists that are no pages, by their names: at most, or what is usual. Edges are counted with their page. */
const listSizes: Readonly<Record<string, number>> = { edges: 1, images: 4, sources: 4, lineage: 200 };
const listSize = 20;

/** For HTTP and WebSocket alike: a document is read before anything else of it can be limited. */
export const parseOptions: ParseOptions = { maxTokens: limits.tokens };

/** For HTTP and WebSocket alike: each fault of a variable is told with the whole variable, of which a body may be full. */
export const executionOptions = { maxCoercionErrors: 5 } as const;

/** Reported like every other fault of a document, under our own code. */
const refusal = {
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, error: GraphQLError) => {
      const message = error.message.replace(/^Syntax Error: /, "");
      context?.reportError(new GraphQLError(message, { extensions: { tooComplex: true } }));
    },
  ],
};

/** The library multiplies by what `first` says in figures, so it is shown the most that a page or a list can have. */
const costRule: ValidationRule = (context) => ({
  Document(document) {
    const priced = withPageSizes(document, new TypeInfo(context.getSchema()));
    const fragment = (name: string) =>
      priced.definitions.find((one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === name);
    const seen = { getFragment: fragment, reportError: (error: GraphQLError) => context.reportError(error) };
    const rule = costLimitRule({ maxCost: limits.cost, flattenFragments: true, ...refusal });
    const { OperationDefinition } = rule(seen as unknown as ValidationContext);
    for (const one of priced.definitions) if (one.kind === Kind.OPERATION_DEFINITION) OperationDefinition.enter(one);
  },
});

function withPageSizes(document: DocumentNode, types: TypeInfo): DocumentNode {
  const Field = (field: FieldNode): FieldNode | undefined => {
    const definition = types.getFieldDef();
    const first = definition?.args.find(({ name }) => name === "first");
    const given = field.arguments?.find(({ name }) => name.value === "first")?.value;
    if (given?.kind === Kind.INT) return undefined;
    const isList = isListType(getNullableType(definition?.type));
    if (first === undefined && !isList) return undefined;
    const ofList = listSizes[field.name.value] ?? listSize;
    const value = String(first === undefined ? ofList : given === undefined ? first.defaultValue : pageMax);
    const name = { kind: Kind.NAME, value: "first" } as const;
    const argument = { kind: Kind.ARGUMENT, name, value: { kind: Kind.INT, value } } as const;
    return { ...field, arguments: [argument] };
  };
  return visit(document, visitWithTypeInfo(types, { Field }));
}

/**
 * What a document may ask for once, under whatever names. What describes the schema costs nothing by the rules, and is long;
 * a lineage asks the database again for each generation. Once is enough for any tool.
 */
const onlyOnce: Readonly<Record<string, string>> = {
  __schema: "__schema or __type",
  __type: "__schema or __type",
  lineage: "lineage",
};

const onceRule: ValidationRule = (context) => {
  const seen = new Map<string, number>();
  return {
    Field(field) {
      const what = onlyOnce[field.name.value];
      if (what === undefined) return;
      const times = (seen.get(what) ?? 0) + 1;
      seen.set(what, times);
      if (times !== 2) return;
      const extensions = { tooComplex: true };
      context.reportError(new GraphQLError(`a document may ask for ${what} once`, { extensions }));
    },
  };
};

/** Rules beside those of the specification, for HTTP and WebSocket alike. */
export const complexityRules: readonly ValidationRule[] = [
  maxDepthRule({ n: limits.depth, flattenFragments: true, ...refusal }),
  maxAliasesRule({ n: limits.aliases, ...refusal }),
  costRule,
  onceRule,
] as unknown as readonly ValidationRule[];
