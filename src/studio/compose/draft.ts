import { useRef, useState } from "react";
import type { EditInput } from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { randomKey } from "../chance.ts";
import { inputOf, noOptions } from "./options-panel.tsx";
import type { Photo, Source } from "./source.ts";

/** What is to be asked for, as long as the studio is open. */
export function useDraft() {
  const [source, setSource] = useState<Source>({});
  const [prompt, setPrompt] = useState("");
  const [options, setOptions] = useState(noOptions);
  const [sending, setSending] = useState(false);
  const [error, setError] = useState<ApiError>();
  const sent = useRef<{ readonly wish: string; readonly idempotencyKey: string }>(undefined);

  /** Begins anew with a picture and a sentence. */
  const begin = (photo: Photo, sentence: string) => {
    setSource({ photo });
    setPrompt(sentence);
    setError(undefined);
  };
  /** The edit that it asks for, under one key until it is taken or changes: an answer that is lost makes no second edit. */
  const send = (imageId: string): EditInput => {
    const input = { prompt: prompt.trim(), images: [{ imageId }], ...inputOf(options) };
    const wish = JSON.stringify(input);
    if (sent.current?.wish !== wish) sent.current = { wish, idempotencyKey: randomKey() };
    setSending(true);
    setError(undefined);
    return { ...input, idempotencyKey: sent.current.idempotencyKey };
  };
  const taken = () => {
    sent.current = undefined;
    setSending(false);
  };
  const failed = (why: ApiError) => {
    setError(why);
    setSending(false);
  };
  return { source, setSource, prompt, setPrompt, options, setOptions, begin, send, sending, taken, failed, error };
}

export type Draft = ReturnType<typeof useDraft>;
