import { useCallback, useEffect, useState } from "react";
import type { TypedDocumentString } from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { useSession } from "../session.ts";

/** What the API answers to a question about one thing; asked again when the thing changes, or by `retry`. */
export function useAnswer<Result>(
  document: TypedDocumentString<Result, { imageId: string }>,
  imageId: string,
): { readonly answer: Result | undefined; readonly error: ApiError | undefined; readonly retry: () => void } {
  const { api } = useSession();
  const [state, setState] = useState<{ answer?: Result; error?: ApiError }>({});
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks anew
  useEffect(() => {
    let gone = false;
    setState({});
    api.ask(document, { imageId }).then(
      (answer) => gone || setState({ answer }),
      (error: ApiError) => gone || setState({ error }),
    );
    return () => {
      gone = true;
    };
  }, [api, document, imageId, attempt]);
  const retry = useCallback(() => setAttempt((before) => before + 1), []);
  return { answer: state.answer, error: state.error, retry };
}
