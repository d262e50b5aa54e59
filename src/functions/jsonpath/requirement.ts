/**
 * What a document must have in it for a jsonpath to find something there (`@?`) or to be true of it (`@@`): names of members, and scalars
 * behind names. Necessary, never sufficient: an index finds by it the documents to try the path on.
 *
 * A path that is compared with something is of no use when it finds nothing: a comparison of no item is false, and of an error unknown. So
 * every name on it must be there. What `!` and `is unknown` are over tells nothing.
 */
import { quoteJson } from "../json/jsonb-value.js";
import type { JsonPath, PathNode, PathStep } from "./syntax.js";
import { isPredicate } from "./syntax.js";

export type PathRequirement =
  | { readonly kind: "anything" }
  | { readonly kind: "and" | "or"; readonly args: readonly PathRequirement[] }
  | { readonly kind: "name"; readonly name: string }
  /** A scalar (canonical JSON text) behind these names; `names` is undefined where the way is not known. Arrays are no part of it. */
  | { readonly kind: "scalar"; readonly text: string; readonly names: readonly string[] | undefined };

const anything: PathRequirement = { kind: "anything" };

export function requirementOf(path: JsonPath, operator: "@?" | "@@"): PathRequirement {
  const { expression } = path;
  if (isPredicate(expression)) return operator === "@?" ? anything : ofPredicate(expression, start);
  return ofPath(expression, start).found;
}

/** Where a path stands: the names behind it as far as they are known, and what must be there for it to have got there. */
interface Place {
  readonly names: readonly string[] | undefined;
  /** Items are still the document's own, not computed. */
  readonly own: boolean;
  readonly found: PathRequirement;
}
const start: Place = { names: [], own: true, found: anything };
const elsewhere: Place = { names: undefined, own: false, found: anything };

function ofPath(node: PathNode, current: Place): Place {
  const from = node.kind === "root" ? start : node.kind === "current" ? current : elsewhere;
  return node.steps.reduce(ofStep, from);
}

function ofStep(place: Place, step: PathStep): Place {
  if (!place.own) return place;
  switch (step.kind) {
    case "key":
      return {
        names: place.names === undefined ? undefined : [...place.names, step.key],
        own: true,
        found: both(place.found, { kind: "name", name: step.key }),
      };
    case "anyKey":
    case "descend":
      return { ...place, names: undefined };
    case "anyArray":
    case "subscripts":
      return place;
    case "filter":
      return { ...place, found: both(place.found, ofPredicate(step.predicate, { ...place, found: anything })) };
    default:
      return { ...place, names: undefined, own: false };
  }
}

function ofPredicate(node: PathNode, current: Place): PathRequirement {
  switch (node.kind) {
    case "and":
      return both(ofPredicate(node.left, current), ofPredicate(node.right, current));
    case "or":
      return either(ofPredicate(node.left, current), ofPredicate(node.right, current));
    case "exists":
      return ofPath(node.arg, current).found;
    case "startsWith":
    case "likeRegex":
      return ofPath(node.left, current).found;
    case "comparison": {
      const left = ofPath(node.left, current);
      const right = ofPath(node.right, current);
      const found = both(left.found, right.found);
      if (node.operator !== "==") return found;
      return both(found, both(equals(left, node.right), equals(right, node.left)));
    }
    default:
      return anything;
  }
}

function equals(place: Place, literal: PathNode): PathRequirement {
  const text = literalText(literal);
  return place.own && text !== undefined ? { kind: "scalar", text, names: place.names } : anything;
}

function literalText(node: PathNode): string | undefined {
  if (node.steps.length > 0) return undefined;
  switch (node.kind) {
    case "null":
      return "null";
    case "bool":
      return String(node.value);
    case "string":
      return quoteJson(node.value);
    case "number":
      // Another spelling than numeric's own would be another key.
      return /^(0|[1-9]\d*)(\.\d+)?$/.test(node.text) ? node.text : undefined;
    default:
      return undefined;
  }
}

function both(left: PathRequirement, right: PathRequirement): PathRequirement {
  if (left.kind === "anything") return right;
  return right.kind === "anything" ? left : { kind: "and", args: [left, right] };
}
function either(left: PathRequirement, right: PathRequirement): PathRequirement {
  return left.kind === "anything" || right.kind === "anything" ? anything : { kind: "or", args: [left, right] };
}
