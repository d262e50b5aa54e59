/** CREATE TYPE … AS RANGE: the range type, its multirange type and the array types of both. */
import type { Command } from "../../../plan/index.js";
import { DbError, notSupported } from "../../../types/index.js";
import type { DefinitionContext } from "../context.js";
import { arrayNameFor, newType, typeExists } from "./type-names.js";

export function createRange(context: DefinitionContext, command: Extract<Command, { kind: "CreateRange" }>): void {
  const subtype = context.registry.typeByOid(command.subtype);
  if (subtype === undefined || subtype.category === "P")
    throw new DbError({ sqlstate: "42804", message: `range subtype cannot be ${subtype?.displayName ?? "unknown"}` });
  if (subtype.compare === undefined)
    throw new DbError({
      sqlstate: "42704",
      message: `data type ${subtype.displayName} has no default operator class for access method "btree"`,
      hint: "You must specify an operator class for the range type or define a default operator class for the subtype.",
    });
  if (command.canonical !== undefined) throw notSupported("CREATE TYPE AS RANGE with a canonical function");
  const base = newType(context, command.name);
  const multirangeName =
    command.multirange?.name ??
    (command.name.name.includes("range") ? command.name.name.replace("range", "multirange") : `${command.name.name}_multirange`);
  if (context.snapshot.typeNamed(base.schema, multirangeName) !== undefined)
    throw typeExists(
      multirangeName,
      command.multirange === undefined
        ? 'You can manually specify a multirange type name using the "multirange_type_name" attribute.'
        : undefined,
    );
  const difference =
    command.difference === undefined
      ? 0
      : (context.registry
          .functionsByName(command.difference.name)
          .find((f) => f.argTypes.length === 2 && f.argTypes.every((t) => t === command.subtype))?.oid ?? -1);
  if (difference === -1)
    throw new DbError({
      sqlstate: "42883",
      message: `function ${command.difference?.name}(${subtype.displayName}, ${subtype.displayName}) does not exist`,
    });
  context.put({
    ...base,
    kind: "range",
    subtype: command.subtype,
    canonical: 0,
    difference,
    multirange: {
      oid: context.newOid(),
      name: multirangeName,
      arrayOid: context.newOid(),
      arrayName: arrayNameFor(context, base.schema, multirangeName),
    },
    ...(command.collation === undefined ? {} : { collation: command.collation }),
  });
}
