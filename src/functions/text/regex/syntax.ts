/** Regular expressions as trees. Source: PostgreSQL's manual, 9.7.3, "advanced" regular expressions. */

/** Which of several possible lengths a part takes; undefined where it makes no difference. */
export type Preference = "long" | "short" | undefined;

/** A set of characters; `code` when it is one character only. */
export interface CharacterSet {
  readonly code: number | undefined;
  readonly has: (code: number) => boolean;
}

export type Assertion = "lineStart" | "lineEnd" | "textStart" | "textEnd" | "wordStart" | "wordEnd" | "wordEdge" | "notWordEdge";

export type Node =
  | { readonly kind: "empty" }
  | { readonly kind: "set"; readonly set: CharacterSet }
  | { readonly kind: "sequence"; readonly items: readonly Node[] }
  | { readonly kind: "choice"; readonly branches: readonly Node[] }
  | { readonly kind: "group"; readonly index: number; readonly body: Node }
  | {
      readonly kind: "repeat";
      readonly body: Node;
      readonly min: number;
      readonly max: number;
      readonly greedy: boolean;
      readonly fixed: boolean;
    }
  | { readonly kind: "back"; readonly index: number; readonly body: Node }
  | { readonly kind: "assert"; readonly what: Assertion }
  | { readonly kind: "look"; readonly ahead: boolean; readonly negated: boolean; readonly body: Node };

/** Greediness of a part: a fixed repetition has that of its body, a branch that of its first part that has one, a choice is greedy. */
export function preferenceOf(node: Node): Preference {
  switch (node.kind) {
    case "sequence": {
      for (const item of node.items) {
        const preference = preferenceOf(item);
        if (preference !== undefined) return preference;
      }
      return undefined;
    }
    case "choice":
      return "long";
    case "group":
      return preferenceOf(node.body);
    case "repeat":
      if (node.fixed) return preferenceOf(node.body);
      return node.greedy ? "long" : "short";
    default:
      return undefined;
  }
}

/** Has captures or back references, or parts of both preferences: its pieces must be told apart once its ends are known. */
export function needsDissection(node: Node): boolean {
  return hasCaptures(node) || mixesPreferences(node);
}
export function hasCaptures(node: Node): boolean {
  switch (node.kind) {
    case "group":
    case "back":
      return true;
    case "sequence":
      return node.items.some(hasCaptures);
    case "choice":
      return node.branches.some(hasCaptures);
    case "repeat":
      return hasCaptures(node.body);
    default:
      return false;
  }
}
export function hasBackReference(node: Node): boolean {
  switch (node.kind) {
    case "back":
      return true;
    case "group":
    case "repeat":
      return hasBackReference(node.body);
    case "sequence":
      return node.items.some(hasBackReference);
    case "choice":
      return node.branches.some(hasBackReference);
    default:
      return false;
  }
}
function preferences(node: Node, into: Set<Preference>): Set<Preference> {
  const own = preferenceOf(node);
  if (own !== undefined) into.add(own);
  switch (node.kind) {
    case "group":
    case "repeat":
      return preferences(node.body, into);
    case "sequence":
      for (const item of node.items) preferences(item, into);
      return into;
    case "choice":
      for (const branch of node.branches) preferences(branch, into);
      return into;
    default:
      return into;
  }
}
function mixesPreferences(node: Node): boolean {
  return preferences(node, new Set()).size > 1;
}
