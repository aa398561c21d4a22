import { useSyncExternalStore } from "react";

/** Where in the studio one is; it stands behind the # of the address, so that a reload and the back button keep it. */
export type Route =
  | { readonly name: "compose" }
  | { readonly name: "verify" }
  | { readonly name: "edit"; readonly id: string }
  | { readonly name: "moderation"; readonly caseId: string | undefined }
  | { readonly name: "audit"; readonly eventId: string | undefined };

export function parseRoute(hash: string): Route {
  const [name, id] = hash.replace(/^#\/?/, "").split("/");
  if (name === "edits" && id) return { name: "edit", id };
  if (name === "verify") return { name: "verify" };
  if (name === "moderation") return { name: "moderation", caseId: id || undefined };
  if (name === "audit") return { name: "audit", eventId: id || undefined };
  return { name: "compose" };
}

/** What a view is called, in the window's title and to whoever hears the page. */
export function titleOf(route: Route): string {
  switch (route.name) {
    case "compose":
      return "New edit";
    case "verify":
      return "Verify";
    case "edit":
      return "Edit";
    case "moderation":
      return route.caseId === undefined ? "Moderation" : "Case";
    case "audit":
      return route.eventId === undefined ? "Audit" : "Audit event";
  }
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(
    (tell) => {
      addEventListener("hashchange", tell);
      return () => removeEventListener("hashchange", tell);
    },
    () => location.hash,
  );
  return parseRoute(hash);
}

export function goTo(hash: string): void {
  location.hash = hash;
}
