/** CREATE TYPE … AS ENUM and what ALTER TYPE does to its labels. */
import type { EnumLabel, EnumObject } from "../../../catalog/index.js";
import { NAME_LENGTH_BYTES_MAX } from "../../../catalog/index.js";
import type { Command } from "../../../plan/index.js";
import { DbError } from "../../../types/index.js";
import type { DefinitionContext } from "../context.js";
import { newType, requireType } from "./type-names.js";

const labelExists = (label: string, skipping = "") => `enum label "${label}" already exists${skipping}`;
const noLabel = (label: string) => new DbError({ sqlstate: "22023", message: `"${label}" is not an existing enum label` });

function requireLabelLength(label: string): void {
  if (Buffer.byteLength(label) <= NAME_LENGTH_BYTES_MAX) return;
  throw new DbError({
    sqlstate: "42602",
    message: `invalid enum label "${label}"`,
    detail: `Labels must be ${NAME_LENGTH_BYTES_MAX} bytes or less.`,
  });
}

export function createEnum(context: DefinitionContext, command: Extract<Command, { kind: "CreateEnum" }>): void {
  const seen = new Set<string>();
  for (const label of command.labels) {
    requireLabelLength(label);
    if (seen.has(label))
      throw new DbError({ sqlstate: "23505", message: 'duplicate key value violates unique constraint "pg_enum_typid_label_index"' });
    seen.add(label);
  }
  const base = newType(context, command.name);
  const labels = command.labels.map((label, i): EnumLabel => ({ oid: context.newOid(), label, order: i + 1 }));
  context.put({ ...base, kind: "enum", labels });
}

function requireEnum(context: DefinitionContext, name: Parameters<typeof requireType>[1]): EnumObject {
  const builtIn = context.registry.typeByName(name.name, name.schema);
  if (builtIn !== undefined && builtIn.kind !== "enum")
    throw new DbError({ sqlstate: "42809", message: `${builtIn.displayName} is not an enum` });
  const type = requireType(context, name);
  if (type.kind !== "enum") throw new DbError({ sqlstate: "42809", message: `${type.name} is not an enum` });
  return type;
}

export function alterEnum(context: DefinitionContext, command: Extract<Command, { kind: "AlterEnum" }>): void {
  const type = requireEnum(context, command.name);
  const { change } = command;
  const has = (label: string) => type.labels.some((l) => l.label === label);
  if (change.kind === "rename") {
    requireLabelLength(change.to);
    if (!has(change.from)) throw noLabel(change.from);
    if (has(change.to)) throw new DbError({ sqlstate: "42710", message: labelExists(change.to) });
    context.put({ ...type, labels: type.labels.map((l) => (l.label === change.from ? { ...l, label: change.to } : l)) });
    return;
  }
  requireLabelLength(change.label);
  if (has(change.label)) {
    if (!change.ifNotExists) throw new DbError({ sqlstate: "42710", message: labelExists(change.label) });
    return context.notice(labelExists(change.label, ", skipping"), "42710");
  }
  const order = orderOf(type.labels, change.neighbor, change.after);
  context.put({ ...type, labels: [...type.labels, { oid: context.newOid(), label: change.label, order }] });
}

/**
 * A place between two neighbours halves what is between them. Stored values are these numbers, so no label ever moves; fifty or so
 * labels fit into one gap before it is full.
 */
function orderOf(labels: readonly EnumLabel[], neighbor: string | undefined, after: boolean): number {
  const orders = labels.map((l) => l.order).sort((a, b) => a - b);
  if (neighbor === undefined) return Math.floor(orders.at(-1) ?? 0) + 1;
  const at = labels.find((l) => l.label === neighbor)?.order;
  if (at === undefined) throw noLabel(neighbor);
  const index = orders.indexOf(at);
  const other = orders[after ? index + 1 : index - 1];
  if (other === undefined) return after ? at + 1 : at - 1;
  const between = (at + other) / 2;
  if (between === at || between === other)
    throw new DbError({ sqlstate: "54000", message: `no more labels fit between "${neighbor}" and its neighbor` });
  return between;
}
