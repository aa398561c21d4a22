import { costLimitRule } from "@escape.tech/graphql-armor-cost-limit";
import { maxAliasesRule } from "@escape.tech/graphql-armor-max-aliases";
import { maxDepthRule } from "@escape.tech/graphql-armor-max-depth";
import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  Kind,
  type ParseOptions,
  TypeInfo,
  type ValidationContext,
  type ValidationRule,
  visit,
  visitWithTypeInfo,
} from "graphql";

/**
 * What one request may ask. A page of 100 edits with their pictures stays under the cost, a page of pages does not.
 */
const limits = { depth: 12, aliases: 30, cost: 30_000, tokens: 10_000 } as const;
/** Entries that a page may have. */
const pageMax = 100;

/** For HTTP and WebSocket alike: a document is read before anything else of it can be limited. */
export const parseOptions: ParseOptions = { maxTokens: limits.tokens };

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

/** The library multiplies by what `first` says in figures, so it is shown the most that a page can have. */
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
    const first = types.getFieldDef()?.args.find(({ name }) => name === "first");
    const given = field.arguments?.find(({ name }) => name.value === "first")?.value;
    if (first === undefined || given?.kind === Kind.INT) return undefined;
    const value = String(given === undefined ? first.defaultValue : pageMax);
    const name = { kind: Kind.NAME, value: "first" } as const;
    const argument = { kind: Kind.ARGUMENT, name, value: { kind: Kind.INT, value } } as const;
    return { ...field, arguments: [argument] };
  };
  return visit(document, visitWithTypeInfo(types, { Field }));
}

/** What describes the schema costs nothing by the rules, and is long: once is enough for any tool. */
const introspectionRule: ValidationRule = (context) => {
  let seen = 0;
  return {
    Field(field) {
      if (field.name.value !== "__schema" && field.name.value !== "__type") return;
      seen += 1;
      if (seen !== 2) return;
      const extensions = { tooComplex: true };
      context.reportError(new GraphQLError("a document may ask for __schema or __type once", { extensions }));
    },
  };
};

/** Rules beside those of the specification, for HTTP and WebSocket alike. */
export const complexityRules: readonly ValidationRule[] = [
  maxDepthRule({ n: limits.depth, flattenFragments: true, ...refusal }),
  maxAliasesRule({ n: limits.aliases, ...refusal }),
  costRule,
  introspectionRule,
] as unknown as readonly ValidationRule[];
