/** Kinds of objects that Orrery has none of: statements that name one say that it does not exist, as PostgreSQL does where it is so. */
import type { ObjectReference } from "../../../plan/index.js";
import { DbError } from "../../../types/index.js";
import { type DefinitionContext, displayName } from "../context.js";

/** By the parser's word, the word of PostgreSQL's messages. */
const WORDS: Readonly<Record<string, string>> = {
  trigger: "trigger",
  rule: "rule",
  "event trigger": "event trigger",
  publication: "publication",
  subscription: "subscription",
  "foreign server": "server",
  fdw: "foreign-data wrapper",
  "foreign table": "foreign table",
  conversion: "conversion",
};
export const isAbsentKind = (kind: string): boolean => kind in WORDS;
/** Named inside a relation, which must be there. */
const isOfRelation = (kind: string): boolean => kind === "trigger" || kind === "rule";

export function absentObject(context: DefinitionContext, ref: ObjectReference): DbError {
  const name = displayName(ref.name);
  if (!isOfRelation(ref.kind)) return new DbError({ sqlstate: "42704", message: `${WORDS[ref.kind]} "${name}" does not exist` });
  const relation = context.relation(ref.name);
  const of = ref.kind === "trigger" ? "table" : "relation";
  return new DbError({ sqlstate: "42704", message: `${ref.kind} "${ref.part}" for ${of} "${relation.name}" does not exist` });
}
export function absentNotice(context: DefinitionContext, ref: ObjectReference): string {
  const name = displayName(ref.name);
  if (!isOfRelation(ref.kind)) return `${WORDS[ref.kind]} "${name}" does not exist, skipping`;
  if (context.find(ref.name) === undefined) return `relation "${name}" does not exist, skipping`;
  return `${ref.kind} "${ref.part}" for relation "${name}" does not exist, skipping`;
}
