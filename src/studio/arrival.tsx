import { useEffect, useRef } from "react";
import { type Route, titleOf } from "./route.ts";

const headingId = "view";

/** Names the view that follows it, for whoever hears the page: there the focus goes when one comes to it. */
export function ViewHeading({ route }: { readonly route: Route }) {
  return (
    <h2 id={headingId} className="unseen" tabIndex={-1}>
      {titleOf(route)}
    </h2>
  );
}

/** Takes the focus where what had it is gone. Given as a `ref`, it does so when its element appears. */
export function takeLostFocus(element: HTMLElement | null): void {
  if (document.activeElement === document.body) element?.focus();
}

/** Brings a lost focus to the heading of the view whenever something was done, which `deeds` counts. */
export function useFocusAfter(deeds: number): void {
  useEffect(() => {
    if (deeds > 0) takeLostFocus(document.getElementById(headingId));
  }, [deeds]);
}

/**
 * Says where one has come to: by the window's title, and by the focus, which would fall back to the page when what was
 * clicked is gone. The page that is opened first leaves it to the browser.
 */
export function useArrival(route: Route): void {
  const address = JSON.stringify(route);
  const title = titleOf(route);
  const left = useRef(address);
  useEffect(() => {
    document.title = `${title} · Pentimento`;
    return () => {
      document.title = "Pentimento";
    };
  }, [title]);
  useEffect(() => {
    if (left.current === address) return;
    left.current = address;
    document.getElementById(headingId)?.focus();
  }, [address]);
}
